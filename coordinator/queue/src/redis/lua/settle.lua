-- Applies what was decided about records: what follows a failure or a lost lease. ARGV: 4 now; then task,
-- the record that the decision is about, the record that follows (not leased) or nothing if the task is dead.
-- Answers 1 for each that was still as the decision saw it, and 0 for one that has changed meanwhile: it stays.
local now, back, done = number(ARGV[4]), false, {}
for at = 5, #ARGV, 3 do
  local task, seen, after = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local same = redis.call('HGET', TASKS, task) == seen
  if same and after == '' then
    step_out(task, seen)
    redis.call('HDEL', TASKS, task)
  elseif same then
    move(task, seen, after, now)
    back = true
  end
  done[#done + 1] = same and 1 or 0
end
if back then tell() end
return answer(done)
