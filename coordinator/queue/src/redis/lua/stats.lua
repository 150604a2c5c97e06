-- The queue in numbers.
return answer(survey())
