-- Where a task stands. ARGV: 4 task. Answers its record, the ready tasks ahead of it (-1 if it is not in
-- line) and whether it is paused; nothing if it is not open. One step for each line of its route.
local task = ARGV[4]
local record = redis.call('HGET', TASKS, task)
if not record then return answer({}) end
local route, run, turn = route_of(record), record:sub(27, 42), record:sub(43, 50) .. task
local ahead = -1
if lease_of(record) == '' and redis.call('ZSCORE', READY, ready_member(task, record)) then
  ahead = 0
  local from, to = '[' .. route, '(' .. route .. TOP
  while true do
    local first = redis.call('ZRANGE', READY, from, to, 'BYLEX', 'LIMIT', 0, 1)[1]
    if not first then break end
    local line = first:sub(1, -25)
    if redis.call('SISMEMBER', PAUSED, 'r' .. line:sub(-16)) == 0 then
      ahead = ahead + redis.call('ZLEXCOUNT', READY, '[' .. line, '(' .. line .. turn)
    end
    from = '(' .. line .. TOP
  end
end
local paused = redis.call('SISMEMBER', PAUSED, 'r' .. run) + redis.call('SISMEMBER', PAUSED, 't' .. route)
return answer({record, ahead, paused})
