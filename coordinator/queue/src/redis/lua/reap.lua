-- Makes due tasks ready and lists leases that ran out. ARGV: 4 now, 5 most leases, 6 most promotions.
-- Answers the number of promotions, then task, record of each lease, longest overdue first. The leases stay
-- until `settle` takes them back: what follows is decided outside.
local now, left = ARGV[4], tonumber(ARGV[6])
local asked = left

-- One step for each route with delayed tasks, in order.
local from = '-'
while left > 0 do
  local member = redis.call('ZRANGE', DELAYED, from, '+', 'BYLEX', 'LIMIT', 0, 1)[1]
  if not member then break end
  local route = member:sub(1, -49)
  left = left - promote(route, left, now)
  from = '(' .. route .. TOP
end
if left < asked then tell() end

local overdue = {}
for _, member in ipairs(redis.call('ZRANGE', LEASES, '-', '(' .. now .. TOP, 'BYLEX', 'LIMIT', 0, ARGV[5])) do
  local task = member:sub(-16)
  local record = redis.call('HGET', TASKS, task)
  if record then
    overdue[#overdue + 1] = task
    overdue[#overdue + 1] = record
  else
    redis.call('ZREM', LEASES, member)
  end
end
return answer({asked - left, overdue})
