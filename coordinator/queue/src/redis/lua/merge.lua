-- Lines merged into one, lazily and in order: by deadline, then by task. A heap of the lines' heads.
local function before(a, b)
  if a.deadline ~= b.deadline then return a.deadline < b.deadline end
  -- By the task, in numbers: the comparison of texts depends on the server's locale.
  local a1, a2, a3 = struct.unpack('>I6I6I4', a.member, #a.member - 15)
  local b1, b2, b3 = struct.unpack('>I6I6I4', b.member, #b.member - 15)
  if a1 ~= b1 then return a1 < b1 end
  if a2 ~= b2 then return a2 < b2 end
  return a3 < b3
end

local function sift(heap, at)
  while true do
    local least, left = at, 2 * at
    if heap[left] and before(heap[left], heap[least]) then least = left end
    if heap[left + 1] and before(heap[left + 1], heap[least]) then least = left + 1 end
    if least == at then return end
    heap[at], heap[least] = heap[least], heap[at]
    at = least
  end
end

-- Goes to the next task of a line that is not in `skip`; says whether there is one. Reads `portion` at a time.
local function advance(line, skip, portion)
  while true do
    line.at = line.at + 1
    if line.at > #line.turns then
      if not line.more then return false end
      line.turns = redis.call('ZRANGE', READY, line.from, line.to, 'BYLEX', 'LIMIT', 0, portion)
      line.more, line.at = #line.turns == portion, 1
      if #line.turns == 0 then return false end
      line.from = '(' .. line.turns[#line.turns]
    end
    local member = line.turns[line.at]
    if skip[member:sub(-16)] then
      line.gaps = true
    else
      line.member, line.deadline = member, number(member, #member - 23) + line.handicap
      return true
    end
  end
end

local function line_of(member)
  return member:sub(1, -25)
end

-- The lines of a route whose runs are not paused, each with its first members, and later by the route's handicap in
-- milliseconds. Reads `portion` at a time.
local function lines_of(of, lines, paused, portion)
  local from, last = '[' .. of.route, '(' .. of.route .. TOP
  while true do
    local turns = redis.call('ZRANGE', READY, from, last, 'BYLEX', 'LIMIT', 0, portion)
    local count = #turns
    if count == 0 then return end
    local line = line_of(turns[1])
    while line_of(turns[#turns]) ~= line do turns[#turns] = nil end
    local to, whole = '(' .. line .. TOP, #turns < count
    if not paused['r' .. line:sub(-16)] then
      lines[#lines + 1] = {
        turns = turns, at = 0, more = not whole and count == portion, from = '(' .. turns[#turns], to = to,
        handicap = of.handicap,
      }
    end
    -- All that was read is one line's, and there was no more.
    if not whole and count < portion then return end
    from = to
  end
end

-- Takes the first `room` members out of the lines and gives them, in order.
local function take_first(lines, skip, room)
  local portion = math.max(4, math.ceil(room / math.max(#lines, 1)))
  local heap, taken = {}, {}
  for _, line in ipairs(lines) do
    if advance(line, skip, portion) then heap[#heap + 1] = line end
  end
  for at = math.floor(#heap / 2), 1, -1 do sift(heap, at) end
  while #taken < room and #heap > 0 do
    local line = heap[1]
    taken[#taken + 1] = line.member
    line.taken = line.taken or {}
    line.taken[#line.taken + 1] = line.member
    if #taken < room then
      if not advance(line, skip, portion) then
        heap[1] = heap[#heap]
        heap[#heap] = nil
      end
      sift(heap, 1)
    end
  end
  for _, line in ipairs(lines) do
    -- A range costs one search, however long it is.
    if line.taken and not line.gaps then
      redis.call('ZREMRANGEBYLEX', READY, '[' .. line.taken[1], '[' .. line.taken[#line.taken])
    elseif line.taken then
      redis.call('ZREM', READY, unpack(line.taken))
    end
  end
  return taken
end
