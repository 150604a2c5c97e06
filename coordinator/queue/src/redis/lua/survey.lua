-- The queue by route. One step for each line and each route with open tasks; tasks are counted, not read.
local function survey()
  local ready, from = {}, '-'
  while true do
    local first = redis.call('ZRANGE', READY, from, '+', 'BYLEX', 'LIMIT', 0, 1)[1]
    if not first then break end
    local line = first:sub(1, -25)
    local to = '(' .. line .. TOP
    local record = redis.call('HGET', TASKS, first:sub(-16))
    local created = record and record:sub(51, 58) or first:sub(-24, -17)
    ready[#ready + 1] = {line, redis.call('ZLEXCOUNT', READY, '[' .. line, to), first:sub(-24), created}
    from = to
  end
  local delayed = {}
  from = '-'
  while true do
    local first = redis.call('ZRANGE', DELAYED, from, '+', 'BYLEX', 'LIMIT', 0, 1)[1]
    if not first then break end
    local route = first:sub(1, -49)
    local to = '(' .. route .. TOP
    delayed[#delayed + 1] = {route, redis.call('ZLEXCOUNT', DELAYED, '[' .. route, to), first:sub(-48, -41)}
    from = to
  end
  return {ready, delayed, redis.call('HGETALL', LEASED), redis.call('SMEMBERS', PAUSED)}
end
