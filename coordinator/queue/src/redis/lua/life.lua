-- Is this the index that the caller means? ARGV: 1 library, 2 the lowest generation that it has seen,
-- 3 the channel of changes. An index that is gone, older or another library's is not served from.
local life = redis.call('HMGET', META, 'library', 'generation', 'changes', 'paused', 'delayed')
local generation, changes, pauses = tonumber(life[2]), tonumber(life[3]) or 0, tonumber(life[4]) or 0
if life[1] ~= ARGV[1] or not generation or generation < tonumber(ARGV[2]) then
  return {0, 0, 0, 0}
end

-- A claim may fare better now: tells every coordinator.
local function tell()
  changes = redis.call('HINCRBY', META, 'changes', '1')
  redis.call('PUBLISH', ARGV[3], string.format('%d.%d', generation, changes))
end

local function answer(payload)
  settle_counts()
  return {1, generation, changes, payload}
end
