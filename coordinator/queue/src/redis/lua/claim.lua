-- Leases the next tasks by deadline and handicap, or says why there are none.
-- ARGV: 4 now, 5 expiry, 6 worker, 7 claim id, 8 tasks that the worker has, 9 most tasks, 10 most promotions of a route,
-- 11 most tasks that the worker may hold in all, 12 number of routes with a handicap; for each of these: route,
-- milliseconds; then for each pool: name, free slots, number of routes, routes in order.
-- Answers {1, grants} (task, attempt, generation, pool in one string) or {0, {tasks that the worker holds, survey}}.
-- Bounded by the routes, the lines of these routes and the two limits. Repeatable under the claim id.
local now, expires, worker, claim = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local grants, most = {}, tonumber(ARGV[9])

local function give(task, record, pool)
  grants[#grants + 1] = task .. record:sub(1, 4) .. lease_of(record):sub(17, 24) .. pool
end

-- What the worker still holds under this claim id, from an answer that it seems not to have received.
local mine = worker .. 'c' .. claim
local held = held_by(worker)
local again = held > 0 and redis.call('ZRANGE', HELD, '[' .. mine, '(' .. mine .. TOP, 'BYLEX') or {}
for _, member in ipairs(again) do
  local task = member:sub(-16)
  local record = redis.call('HGET', TASKS, task)
  if record then give(task, extend(task, record, expires), lease_of(record):sub(50)) end
end
if #grants > 0 then return answer({1, grants}) end

local handicaps, at = {}, 13
for _ = 1, tonumber(ARGV[12]) do
  handicaps[ARGV[at]] = tonumber(ARGV[at + 1])
  at = at + 2
end

-- No more than the worker may hold.
local pools, left = {}, math.max(tonumber(ARGV[11]) - held, 0)
while at <= #ARGV do
  local pool = {name = ARGV[at], free = math.min(tonumber(ARGV[at + 1]), left), routes = {}}
  left = left - pool.free
  for nth = 1, tonumber(ARGV[at + 2]) do pool.routes[nth] = ARGV[at + 2 + nth] end
  at = at + 3 + #pool.routes
  pools[#pools + 1] = pool
end

if life[5] == '1' and redis.call('ZCARD', DELAYED) == 0 then
  redis.call('HSET', META, 'delayed', '0')
elseif life[5] == '1' then
  for _, pool in ipairs(pools) do
    for _, route in ipairs(pool.routes) do promote(route, tonumber(ARGV[10]), now) end
  end
end

local skip = {}
for from = 1, #ARGV[8], 16 do skip[ARGV[8]:sub(from, from + 15)] = true end

local paused = {}
for _, what in ipairs(pauses > 0 and redis.call('SMEMBERS', PAUSED) or {}) do paused[what] = true end

-- Leases tasks that were taken out of their lines. A call takes a bounded number of arguments, hence the portions.
local function lease(members, pool)
  local tasks, records, expiries, holds = {}, {}, {}, {}
  for nth, member in ipairs(members) do tasks[nth] = member:sub(-16) end
  local found = redis.call('HMGET', TASKS, unpack(tasks))
  for nth, task in ipairs(tasks) do
    if found[nth] then
      local record = under(found[nth], worker, expires, 'c' .. claim .. pool.name)
      records[#records + 1], records[#records + 2] = task, record
      expiries[#expiries + 1], expiries[#expiries + 2] = ZERO, expires .. task
      holds[#holds + 1], holds[#holds + 2] = ZERO, mine .. task
      tally(record, 1)
      give(task, record, pool.name)
    end
  end
  if #records > 0 then
    redis.call('HSET', TASKS, unpack(records))
    redis.call('ZADD', LEASES, unpack(expiries))
    redis.call('ZADD', HELD, unpack(holds))
  end
end

-- Most claims are those of idle workers on an empty queue. One route is looked at as quickly as all of them.
local any = #ARGV <= 16 or redis.call('ZCARD', READY) > 0
for _, pool in ipairs(pools) do
  local room = any and math.min(pool.free, most - #grants) or 0
  local lines = {}
  for _, route in ipairs(room > 0 and pool.routes or {}) do
    if not paused['t' .. route] then
      lines_of({route = route, handicap = handicaps[route] or 0}, lines, paused, math.max(2, math.min(room, 16)))
    end
  end
  local next_in_line = take_first(lines, skip, room)
  for first = 1, #next_in_line, PORTION do
    local last = math.min(first + PORTION - 1, #next_in_line)
    lease({unpack(next_in_line, first, last)}, pool)
  end
end
if #grants > 0 then return answer({1, grants}) end
return answer({0, {held, survey()}})
