-- Takes tasks out, whoever holds them: completed or called off. ARGV from 4: tasks.
-- Answers 1 for each that was open. Bounded by the batch. Repeatable.
local open = {}
for at = 4, #ARGV do
  local task = ARGV[at]
  local record = redis.call('HGET', TASKS, task)
  if record then
    step_out(task, record)
    redis.call('HDEL', TASKS, task)
  end
  open[#open + 1] = record and 1 or 0
end
return answer(open)
