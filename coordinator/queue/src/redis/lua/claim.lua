-- Leases the next tasks by deadline, or says why there are none.
-- ARGV: 4 now, 5 expiry, 6 worker, 7 claim id, 8 tasks that the worker has, 9 most tasks, 10 most promotions;
-- then for each pool: name, free slots, number of routes, routes in order.
-- Answers {1, grants} (task, attempt, generation, pool in one string) or {0, survey}.
-- Bounded by routes, lines of these routes, and the two limits. Repeatable under the claim id.
local now, expires, worker, claim = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local grants, most = {}, tonumber(ARGV[9])

local function give(task, record, pool)
  grants[#grants + 1] = task .. record:sub(1, 4) .. lease_of(record):sub(17, 24) .. pool
end

-- What the worker still holds under this claim id, from an answer that it seems not to have received.
local mine = worker .. 'c' .. claim
for _, member in ipairs(redis.call('ZRANGE', HELD, '[' .. mine, '(' .. mine .. TOP, 'BYLEX')) do
  local task = member:sub(-16)
  local record = redis.call('HGET', TASKS, task)
  if record then give(task, extend(task, record, expires), lease_of(record):sub(50)) end
end
if #grants > 0 then return answer({1, grants}) end

local pools, at = {}, 11
while at <= #ARGV do
  local pool = {name = ARGV[at], free = tonumber(ARGV[at + 1]), routes = {}}
  for nth = 1, tonumber(ARGV[at + 2]) do pool.routes[nth] = ARGV[at + 2 + nth] end
  at = at + 3 + #pool.routes
  pools[#pools + 1] = pool
end

local left = tonumber(ARGV[10])
for _, pool in ipairs(pools) do
  for _, route in ipairs(pool.routes) do
    left = left - promote(route, left, now)
  end
end

local skip = {}
for from = 1, #ARGV[8], 16 do skip[ARGV[8]:sub(from, from + 15)] = true end

for _, pool in ipairs(pools) do
  local room = math.min(pool.free, most - #grants)
  local lines = {}
  for _, route in ipairs(room > 0 and pool.routes or {}) do
    if redis.call('SISMEMBER', PAUSED, 't' .. route) == 0 then lines_of(route, lines) end
  end
  for _, member in ipairs(merged(lines, skip, room)) do
    local task = member:sub(-16)
    local record = redis.call('HGET', TASKS, task)
    redis.call('ZREM', READY, member)
    if record then
      local under_lease = under(record, worker, expires, 'c' .. claim .. pool.name)
      redis.call('HSET', TASKS, task, under_lease)
      step_in(task, under_lease)
      give(task, under_lease, pool.name)
    end
  end
end
if #grants > 0 then return answer({1, grants}) end
return answer({0, survey()})
