-- Holds back or lets go. ARGV: 4 'pause' or 'resume', 5 what. Repeatable.
if ARGV[4] == 'pause' then
  redis.call('SADD', PAUSED, ARGV[5])
elseif redis.call('SREM', PAUSED, ARGV[5]) == 1 then
  tell()
end
redis.call('HSET', META, 'paused', redis.call('SCARD', PAUSED))
return answer(0)
