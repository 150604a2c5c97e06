-- Extends leases. ARGV: 4 expiry, 5 worker; then task, pair (generation 8, attempt 4).
-- Answers for each: 'R' generation attempt, 'L' lost, 'C' closed. Bounded by the batch. Repeatable: an
-- adopted lease is found again under the pair that was shown first.
local expires, worker, answers = ARGV[4], ARGV[5], {}

local function renew(task, pair)
  local record = redis.call('HGET', TASKS, task)
  if not record then return 'C' end
  local kept = nil
  if holds(record, worker, pair) then
    kept = extend(task, record, expires)
  elseif lease_of(record) == '' and number(pair) < generation then
    -- A lease of an older life, and nobody has the task: its worker goes on.
    kept = under(record, worker, expires, 'a' .. pair)
    move(task, record, kept)
  end
  return kept and 'R' .. lease_of(kept):sub(17, 24) .. kept:sub(1, 4) or 'L'
end

for at = 6, #ARGV, 2 do
  answers[#answers + 1] = renew(ARGV[at], ARGV[at + 1])
end
return answer(answers)
