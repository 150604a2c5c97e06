-- What claim, renew and release know of leases.
local GENERATION = struct.pack('>I8', generation)

-- Whether a worker that shows `pair` (generation, attempt) holds the task: under the pair as it is now, or
-- as it was before adoption.
local function holds(record, worker, pair)
  local lease = lease_of(record)
  if lease:sub(1, 16) ~= worker then return false end
  return lease:sub(17, 24) .. record:sub(1, 4) == pair
    or (lease:sub(33, 33) == 'a' and lease:sub(34) == pair)
end

-- The record under a new lease: the next attempt. `how` says how it came about.
local function under(record, worker, expires, how)
  local attempt = math.min(struct.unpack('>I4', record) + 1, 4294967295)
  local base = record:sub(5, size(record))
  return struct.pack('>I4', attempt) .. base .. worker .. GENERATION .. expires .. how
end

-- The same lease until `expires`.
local function extend(task, record, expires)
  local at = size(record)
  local longer = record:sub(1, at + 24) .. expires .. record:sub(at + 33)
  redis.call('ZREM', LEASES, record:sub(at + 25, at + 32) .. task)
  redis.call('ZADD', LEASES, ZERO, expires .. task)
  redis.call('HSET', TASKS, task, longer)
  return longer
end
