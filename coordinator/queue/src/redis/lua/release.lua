-- Hands tasks back, due now, at their old place in line. ARGV: 4 now, 5 worker; then task, pair.
-- Answers for each: 'R' released, 'S' stale, 'C' closed. Bounded by the batch. Fenced: a repetition is stale.
local worker, answers, any = ARGV[5], {}, false
for at = 6, #ARGV, 2 do
  local task, what = ARGV[at], 'S'
  local record = redis.call('HGET', TASKS, task)
  if not record then
    what = 'C'
  elseif holds(record, worker, ARGV[at + 1]) then
    what = 'R'
    move(task, record, record:sub(1, 4) .. ARGV[4] .. record:sub(13, size(record)), number(ARGV[4]))
  end
  any = any or what == 'R'
  answers[#answers + 1] = what
end
if any then tell() end
return answer(answers)
