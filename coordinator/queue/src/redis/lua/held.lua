-- How many tasks workers hold. ARGV from 4: workers. Answers a number for each: it is counted, not read.
-- Bounded by the batch.
local counts = {}
for at = 4, #ARGV do counts[#counts + 1] = held_by(ARGV[at]) end
return answer(counts)
