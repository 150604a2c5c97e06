-- Takes tasks out, whoever holds them: completed or called off. ARGV from 4: tasks.
-- Answers 1 for each that was open. Bounded by the batch. Repeatable.
-- In portions, because a call takes a bounded number of arguments; what is leased leaves with the portion.
local open = {}

local function close(tasks)
  local found, gone, leases, holds = redis.call('HMGET', TASKS, unpack(tasks)), {}, {}, {}
  for nth, task in ipairs(tasks) do
    local record = not gone[task] and found[nth]
    local lease = record and lease_of(record)
    if lease == '' then
      step_out(task, record)
    elseif record then
      leases[#leases + 1], holds[#holds + 1] = lease:sub(25, 32) .. task, held_member(task, lease)
      tally(record, -1)
    end
    gone[task] = true
    open[#open + 1] = record and 1 or 0
  end
  redis.call('HDEL', TASKS, unpack(tasks))
  if #leases > 0 then
    redis.call('ZREM', LEASES, unpack(leases))
    redis.call('ZREM', HELD, unpack(holds))
  end
end

for first = 4, #ARGV, 250 do
  close({unpack(ARGV, first, math.min(first + 249, #ARGV))})
end
return answer(open)
