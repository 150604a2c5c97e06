-- Makes due tasks of a route ready, at most `limit` and the earliest first. Returns how many.
-- In portions, because a call takes a bounded number of arguments.
local PORTION = 250

local function promote(route, limit, now)
  local promoted = 0
  while promoted < limit do
    local most = math.min(PORTION, limit - promoted)
    local due = redis.call('ZRANGE', DELAYED, '[' .. route, '(' .. route .. now .. TOP, 'BYLEX', 'LIMIT', 0, most)
    if #due == 0 then break end
    local ready = {}
    for _, member in ipairs(due) do
      ready[#ready + 1] = ZERO
      ready[#ready + 1] = route .. member:sub(-24) .. member:sub(-40, -25)
    end
    redis.call('ZREMRANGEBYLEX', DELAYED, '[' .. due[1], '[' .. due[#due])
    redis.call('ZADD', READY, unpack(ready))
    promoted = promoted + #due
    if #due < most then break end
  end
  return promoted
end
