-- The queue in numbers.
return answer({survey(), redis.call('HGETALL', HOLDERS)})
