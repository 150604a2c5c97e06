-- Puts the prepared index in the place of the one in use, whole or not at all. KEYS: those of the index in
-- use, then those of the prepared one. ARGV: 1 library, 2 generation, 3 channel, 4 run of the server, 5 tasks
-- that were prepared; then what is paused.
-- Answers {1, changes}; {2, generation in use} if that is not lower; {3, tasks found} if some are missing.
local life = redis.call('HMGET', META, 'library', 'generation', 'changes')
local current = tonumber(life[2])
if life[1] == ARGV[1] and current and current >= tonumber(ARGV[2]) then return {2, current} end
local found = redis.call('HLEN', KEYS[10])
if found ~= tonumber(ARGV[5]) then return {3, found} end
redis.call('UNLINK', KEYS[9])
for nth = 2, 8 do
  redis.call('UNLINK', KEYS[nth])
  if redis.call('EXISTS', KEYS[nth + 8]) == 1 then
    redis.call('RENAME', KEYS[nth + 8], KEYS[nth])
    redis.call('PERSIST', KEYS[nth])
  end
end
for at = 6, #ARGV do redis.call('SADD', PAUSED, ARGV[at]) end
local changes = (tonumber(life[3]) or 0) + 1
redis.call('HSET', META, 'library', ARGV[1], 'generation', ARGV[2], 'run', ARGV[4], 'changes', changes,
  'paused', redis.call('SCARD', PAUSED), 'delayed', '1')
redis.call('PUBLISH', ARGV[3], ARGV[2] .. '.' .. changes)
return {1, changes}
