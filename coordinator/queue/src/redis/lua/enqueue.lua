-- Puts tasks in. ARGV: 4 now; then task, record.
-- Bounded by the batch. Repeatable: a task that is there stays as it is.
local now, new = number(ARGV[4]), 0
for at = 5, #ARGV, 2 do
  if admit(ARGV[at], ARGV[at + 1], now) then new = new + 1 end
end
if new > 0 then tell() end
return answer(new)
