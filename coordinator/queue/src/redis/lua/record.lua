-- How a task is kept. Shared by all scripts: the keys, the record, the one way in and out of the index.
--
-- Times are 8 bytes, numbers big-endian, ids 16 raw bytes, so that bytes sort as the things themselves do.
-- Every sorted set has the score 0 throughout: its order is that of its members' bytes.
--
--   META     hash   library, generation, run (of the server), changes, paused (how many things
--                   are in PAUSED), delayed (1 if there may be something in DELAYED)
--   TASKS    hash   task -> record
--   READY    zset   route run deadline task          one line for each route and run
--   DELAYED  zset   route not-before task run deadline
--   LEASES   zset   expiry task
--   HELD     zset   worker 'c' claim task | worker 'a' task
--   LEASED   hash   route -> leased tasks
--   PAUSED   set    'r' run | 't' route
--
-- A record: attempt 4, not-before 8, failures 4, losses 4, deferrals 4, length of the route 2, run 16,
-- deadline 8, created 8, kind 1, priority 1, max attempts 4, route; and if it is leased: worker 16,
-- generation 8, expiry 8, then 'c' claim 16 pool, or 'a' generation 8 attempt 4 of the lease before adoption.
-- A route ends in a NUL, so none is the beginning of another.
--
-- Invariant: a task is in TASKS and in exactly one of READY, DELAYED and (with HELD) LEASES; LEASED counts LEASES
-- by route. Only `admit`, `lease`, `move`, `step_out` and `close` change it.
local META, TASKS, READY, DELAYED, LEASES, HELD, LEASED, PAUSED = unpack(KEYS)
local TOP = string.rep('\255', 48)
-- The score of everything. A number would be printed with 17 digits by each call.
local ZERO = '0'

local function number(bytes, at)
  return (struct.unpack('>I8', bytes, at))
end

-- Bytes of a record without its lease.
local function size(record)
  return 64 + struct.unpack('>I2', record, 25)
end

local function route_of(record)
  return record:sub(65, size(record))
end

local function lease_of(record)
  return record:sub(size(record) + 1)
end

local function ready_member(task, record)
  return route_of(record) .. record:sub(27, 50) .. task
end

local function delayed_member(task, record)
  return route_of(record) .. record:sub(5, 12) .. task .. record:sub(27, 50)
end

local function held_member(task, lease)
  local how = lease:sub(33, 33) == 'c' and lease:sub(33, 49) or 'a'
  return lease:sub(1, 16) .. how .. task
end

-- Counts are written once a script, by `settle_counts`.
local leased = {}

local function tally(record, by)
  local route = route_of(record)
  leased[route] = (leased[route] or 0) + by
end

local function settle_counts()
  for route, by in pairs(leased) do
    if by ~= 0 and redis.call('HINCRBY', LEASED, route, by) <= 0 then
      redis.call('HDEL', LEASED, route)
    end
  end
end

-- How many tasks a worker holds.
local function held_by(worker)
  return redis.call('ZLEXCOUNT', HELD, '[' .. worker, '(' .. worker .. TOP)
end

-- Puts a record that is not leased where its time says.
local function line_up(task, record, now)
  if number(record, 5) <= now then
    redis.call('ZADD', READY, ZERO, ready_member(task, record))
  else
    redis.call('ZADD', DELAYED, ZERO, delayed_member(task, record))
    redis.call('HSET', META, 'delayed', '1')
  end
end

local function step_in(task, record, now)
  local lease = lease_of(record)
  if lease == '' then
    line_up(task, record, now)
  else
    redis.call('ZADD', LEASES, ZERO, lease:sub(25, 32) .. task)
    redis.call('ZADD', HELD, ZERO, held_member(task, lease))
    tally(record, 1)
  end
end

-- Takes a task out of every place but TASKS.
local function step_out(task, record)
  local lease = lease_of(record)
  if lease ~= '' then
    redis.call('ZREM', LEASES, lease:sub(25, 32) .. task)
    redis.call('ZREM', HELD, held_member(task, lease))
    tally(record, -1)
  elseif redis.call('ZREM', READY, ready_member(task, record)) == 0 then
    redis.call('ZREM', DELAYED, delayed_member(task, record))
  end
end

local function move(task, from, to, now)
  step_out(task, from)
  redis.call('HSET', TASKS, task, to)
  step_in(task, to, now)
end

-- Puts in the tasks of ARGV from `first` on: task, record. One that is there already stays as it is. Returns how
-- many are new. In portions, because a call takes a bounded number of arguments.
local function admit(first, now)
  local new = 0
  for from = first, #ARGV, 500 do
    local tasks, records, ready, delayed = {}, {}, {}, {}
    for at = from, math.min(from + 499, #ARGV), 2 do tasks[#tasks + 1] = ARGV[at] end
    local found = redis.call('HMGET', TASKS, unpack(tasks))
    local known = {}
    for nth, task in ipairs(tasks) do
      if not found[nth] and not known[task] then
        local record = ARGV[from + 2 * nth - 1]
        known[task] = true
        records[#records + 1], records[#records + 2] = task, record
        if number(record, 5) <= now then
          ready[#ready + 1], ready[#ready + 2] = ZERO, ready_member(task, record)
        else
          delayed[#delayed + 1], delayed[#delayed + 2] = ZERO, delayed_member(task, record)
        end
      end
    end
    if #records > 0 then redis.call('HSET', TASKS, unpack(records)) end
    if #ready > 0 then redis.call('ZADD', READY, unpack(ready)) end
    if #delayed > 0 then
      redis.call('ZADD', DELAYED, unpack(delayed))
      redis.call('HSET', META, 'delayed', '1')
    end
    new = new + #records / 2
  end
  return new
end
