-- Holds back or lets go. ARGV: 4 'pause' or 'resume', 5 what. Repeatable.
if ARGV[4] == 'pause' then
  redis.call('SADD', PAUSED, ARGV[5])
else
  redis.call('SREM', PAUSED, ARGV[5])
  tell()
end
return answer(0)
