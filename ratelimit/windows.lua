-- Count one batch of lines in every window, all at once, and answer each line as of its own place in the batch.
--
-- KEYS[1]  the batch's token: answers already given are given again, and nothing is counted twice.
-- ARGV     1: number of windows W; then W times (name, span in ms, subject "sender" | "room" | "repeat");
--          then "*", the one field of a room's own counter; then for every room of the batch:
--            prefix of its keys, number of lines, the lines packed (below), number of senders, the senders,
--            number of repeats, the repeats.
--          A packed line is 12 bytes, big-endian: instant in ms (8), which sender (2), which repeat (2); 0: none.
-- Answer   4 bytes little-endian for every line and window, lines in the order of the rooms.
--
-- Keys: <prefix><window>:<epoch> is a hash of counters, <prefix>clock the latest instant seen in the room. The
-- arithmetic is that of ratelimit/window.py; every number stays below 2^53. No struct, no cmsgpack.

local ANSWER_TTL_MS = 60000
local SLACK_MS = 10000
local CHUNK = 4000 -- arguments for one unpack; Lua's stack holds 8,000

local given = redis.call('GET', KEYS[1])
if given then
  return given
end

local at = 1
local function take()
  local value = ARGV[at]
  at = at + 1
  return value
end

local windows, longest = {}, 0
for w = 1, tonumber(take()) do
  windows[w] = {name = take(), span = tonumber(take()), subject = take()}
  longest = math.max(longest, windows[w].span)
end
local room_field = at
at = at + 1

local as_text = {}
local function text_of(number)
  local text = as_text[number]
  if not text then
    text = string.format('%.0f', number)
    as_text[number] = text
  end
  return text
end

-- The counters of the fields ARGV[first..last] in one hash, as a table of numbers.
local function load(key, first, last)
  local values = {}
  for from = first, last, CHUNK do
    local found = redis.call('HMGET', key, unpack(ARGV, from, math.min(last, from + CHUNK - 1)))
    for i = 1, #found do
      values[from - first + i] = found[i] and tonumber(found[i]) or 0
    end
  end
  return values
end

local function store(key, first, values, touched, ttl_ms)
  local pairs_of, n = {}, 0
  for i in pairs(touched) do
    pairs_of[n + 1] = ARGV[first + i - 1]
    pairs_of[n + 2] = text_of(values[i])
    n = n + 2
  end
  for from = 1, n, CHUNK do
    redis.call('HSET', key, unpack(pairs_of, from, math.min(n, from + CHUNK - 1)))
  end
  redis.call('PEXPIRE', key, ttl_ms)
end

-- Count the lines of one room in one window. which[i] is the field line i counts in (0: none); the answer for line i
-- goes to answers[base + (i - 1) * stride].
local function count(prefix, window, instants, which, first, last, answers, base, stride)
  local span = window.span
  local ttl_ms = 2 * span + SLACK_MS
  local stem = prefix .. window.name .. ':'
  local epoch, key, ends, before, running, touched = nil, nil, -1, nil, nil, nil
  for i = 1, #instants do
    local instant, field = instants[i], which[i]
    if field == 0 then
      answers[base + (i - 1) * stride] = 0
    else
      if instant >= ends then
        local next_epoch = math.floor(instant / span)
        if key then
          store(key, first, running, touched, ttl_ms)
        end
        before = epoch == next_epoch - 1 and running or load(stem .. text_of(next_epoch - 1), first, last)
        epoch, key, ends, touched = next_epoch, stem .. text_of(next_epoch), (next_epoch + 1) * span, {}
        running = load(key, first, last)
      end
      local now = running[field] + 1
      running[field] = now
      touched[field] = true
      local earlier = before[field]
      if earlier > 0 then
        now = now + math.floor(earlier * (ends - instant) / span)
      end
      answers[base + (i - 1) * stride] = now
    end
  end
  if key then
    store(key, first, running, touched, ttl_ms)
  end
end

-- The lines of one room, unpacked. Time does not step back within a room: it stays at the latest seen.
local function unpack_lines(lines, number, latest)
  local instants, senders, repeats, rooms = {}, {}, {}, {}
  local position = 1
  for i = 1, number do
    local _, a, b, c, d, e, f, g, s1, s2, r1, r2 = string.byte(lines, position, position + 11)
    local instant = (((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f) * 256 + g
    if instant > latest then
      latest = instant
    end
    instants[i], senders[i], repeats[i], rooms[i] = latest, s1 * 256 + s2, r1 * 256 + r2, 1
    position = position + 12
  end
  return latest, instants, {sender = senders, ['repeat'] = repeats, room = rooms}
end

local function pack_counts(counts)
  local pieces = {}
  for from = 1, #counts, CHUNK / 4 do
    local bytes, n = {}, 0
    for i = from, math.min(#counts, from + CHUNK / 4 - 1) do
      local count = counts[i]
      if count < 256 then
        bytes[n + 1], bytes[n + 2], bytes[n + 3], bytes[n + 4] = count, 0, 0, 0
      else
        local high = math.floor(count / 65536)
        local middle = math.floor(count / 256) % 256
        bytes[n + 1], bytes[n + 2], bytes[n + 3], bytes[n + 4] = count % 256, middle, high % 256, math.floor(high / 256)
      end
      n = n + 4
    end
    pieces[#pieces + 1] = string.char(unpack(bytes))
  end
  return table.concat(pieces)
end

local answers = {}
local stride = #windows
while at <= #ARGV do
  local prefix, number, lines = take(), tonumber(take()), take()
  local latest = tonumber(redis.call('GET', prefix .. 'clock') or '0')
  local instants, which
  latest, instants, which = unpack_lines(lines, number, latest)
  redis.call('SET', prefix .. 'clock', text_of(latest), 'PX', 2 * longest)
  local base = #answers
  local sender_count = tonumber(take())
  local sender_first = at
  at = at + sender_count
  local repeat_count = tonumber(take())
  local repeat_first = at
  at = at + repeat_count
  for i = base + 1, base + number * stride do
    answers[i] = 0
  end
  for w = 1, stride do
    local window = windows[w]
    local first, last = room_field, room_field
    if window.subject == 'sender' then
      first, last = sender_first, sender_first + sender_count - 1
    elseif window.subject == 'repeat' then
      first, last = repeat_first, repeat_first + repeat_count - 1
    end
    count(prefix, window, instants, which[window.subject], first, last, answers, base + w, stride)
  end
end

local packed = pack_counts(answers)
redis.call('SET', KEYS[1], packed, 'PX', ANSWER_TTL_MS)
return packed
