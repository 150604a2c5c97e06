-- Puts tasks into the index that a rebuild prepares. KEYS: those of the prepared index, then the META of the
-- one in use. ARGV: 1 library, 2 generation, 3 now, 4 seconds that an abandoned index is kept; then task, record.
-- Answers {1, new tasks}, or {2, generation in use} if that is not lower. Bounded by the batch. Repeatable.
local life = redis.call('HMGET', KEYS[9], 'library', 'generation')
local current = tonumber(life[2])
if life[1] == ARGV[1] and current and current >= tonumber(ARGV[2]) then return {2, current} end
local new = admit(5, number(ARGV[3]))
for _, key in ipairs({META, TASKS, READY, DELAYED}) do redis.call('EXPIRE', key, ARGV[4]) end
return {1, new}
