-- Puts tasks in. ARGV: 4 now; then task, record.
-- Bounded by the batch. Repeatable: a task that is there stays as it is.
local new = admit(5, number(ARGV[4]))
if new > 0 then tell() end
return answer(new)
