-- Reads records. ARGV from 4: tasks. Answers for each its record, or nil. Bounded by the batch.
local records = {}
for at = 4, #ARGV do
  records[#records + 1] = redis.call('HGET', TASKS, ARGV[at])
end
return answer(records)
