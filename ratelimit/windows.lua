-- Count one batch of lines in every window, all at once, and answer each line as of its own place in the batch.
--
-- KEYS[1]  the batch's token: answers already given are given again, and nothing is counted twice.
-- ARGV     1: number of windows W; then W times (name, span in ms, subject "sender" | "room" | "repeat");
--          then "*", the one field of a room's own counter; then for every room of the batch:
--            prefix of its keys, number of lines, the lines packed (below), number of senders, the senders,
--            number of repeats, the repeats.
--          A packed line is 12 bytes, big-endian: instant in ms (8), which sender (2), which repeat (2); 0: none.
-- Answer   for every window: one byte, the width of its numbers (1, 2 or 4 bytes), then the counts, little-endian,
--          of every line in the order of the rooms.
--
-- Keys: <prefix><window>:<epoch> is a hash of counters, <prefix>clock the latest instant seen in the room. The
-- arithmetic is that of ratelimit/window.py; every number stays below 2^53. No struct, no cmsgpack.

local ARGV, call, unpack, tonumber = ARGV, redis.call, unpack, tonumber
local floor, min, max, byte, char = math.floor, math.min, math.max, string.byte, string.char

local ANSWER_TTL_MS = 60000
local SLACK_MS = 10000
local FILLER = string.rep('-', 65)
local CHUNK = 4000 -- arguments for one unpack; Lua's stack holds 8,000

local given = call('GET', KEYS[1])
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
  longest = max(longest, windows[w].span)
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

-- The counters of the fields ARGV[first..last] in one hash as numbers, and whether any is above 0.
local function load(key, first, last)
  local values, any = nil, false
  for from = first, last, CHUNK do
    local found = call('HMGET', key, unpack(ARGV, from, min(last, from + CHUNK - 1)))
    for i = 1, #found do
      if found[i] then
        found[i] = tonumber(found[i])
        any = true
      else
        found[i] = 0
      end
    end
    if values then
      for i = 1, #found do
        values[from - first + i] = found[i]
      end
    else
      values = found
    end
  end
  return values or {}, any
end

-- Write the counters back. touched nil: all of them. known: some of them were there before, so the hash has its expiry.
local function store(key, first, values, touched, known, ttl_ms)
  local words, n = {}, 0
  for i = 1, #values do
    if not touched or touched[i] then
      words[n + 1] = ARGV[first + i - 1]
      words[n + 2] = text_of(values[i])
      n = n + 2
    end
  end
  for from = 1, n, CHUNK do
    call('HSET', key, unpack(words, from, min(n, from + CHUNK - 1)))
  end
  if not known then
    -- A field too long for Redis's packed encoding, in which every look-up is a walk over up to 512 fields.
    call('HSET', key, FILLER, '')
    call('PEXPIRE', key, ttl_ms)
  end
end

-- All lines of the room lie in one epoch: nearly always. Returns the largest answer.
local function count_in_epoch(stem, epoch, span, instants, which, first, last, answers, base)
  local key, ends, peak = stem .. text_of(epoch), (epoch + 1) * span, 0
  local before, any = load(stem .. text_of(epoch - 1), first, last)
  local running, known = load(key, first, last)
  for i = 1, #instants do
    local field, now = which[i], 0
    if field > 0 then
      now = running[field] + 1
      running[field] = now
      if any then
        now = now + floor(before[field] * (ends - instants[i]) / span)
      end
    end
    answers[base + i] = now
    if now > peak then
      peak = now
    end
  end
  store(key, first, running, nil, known, 2 * span + SLACK_MS)
  return peak
end

-- The lines of the room lie in several epochs: they are gone through one by one, each epoch stored when it ends.
local function count_over_epochs(stem, span, instants, which, first, last, answers, base)
  local peak, ends = 0, -1
  local epoch, key, before, running, touched, known
  for i = 1, #instants do
    local field, now = which[i], 0
    if field > 0 then
      local instant = instants[i]
      if instant >= ends then
        local next_epoch = floor(instant / span)
        if key then
          store(key, first, running, touched, known, 2 * span + SLACK_MS)
        end
        before = epoch == next_epoch - 1 and running or load(stem .. text_of(next_epoch - 1), first, last)
        epoch, key, ends, touched = next_epoch, stem .. text_of(next_epoch), (next_epoch + 1) * span, {}
        running, known = load(key, first, last)
      end
      now = running[field] + 1
      running[field] = now
      touched[field] = true
      now = now + floor(before[field] * (ends - instant) / span)
    end
    answers[base + i] = now
    if now > peak then
      peak = now
    end
  end
  if key then
    store(key, first, running, touched, known, 2 * span + SLACK_MS)
  end
  return peak
end

-- Count the lines of one room in one window. which[i] is the field line i counts in (0: none); the answer for line i
-- goes to answers[base + i]. Returns the largest answer.
local function count(prefix, window, instants, which, first, last, answers, base)
  local stem, span = prefix .. window.name .. ':', window.span
  local epoch = floor(instants[1] / span)
  if last < first then -- nobody to count
    for i = 1, #instants do
      answers[base + i] = 0
    end
    return 0
  end
  if instants[#instants] < (epoch + 1) * span then
    return count_in_epoch(stem, epoch, span, instants, which, first, last, answers, base)
  end
  return count_over_epochs(stem, span, instants, which, first, last, answers, base)
end

-- The lines of one room, unpacked. Time does not step back within a room: it stays at the latest seen.
local all_one = {}
local function unpack_lines(lines, number, latest)
  local instants, senders, repeats = {}, {}, {}
  local position = 1
  for i = 1, number do
    local _, a, b, c, d, e, f, g, s1, s2, r1, r2 = byte(lines, position, position + 11)
    local instant = (((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f) * 256 + g
    if instant > latest then
      latest = instant
    end
    instants[i], senders[i], repeats[i] = latest, s1 * 256 + s2, r1 * 256 + r2
    all_one[i] = 1
    position = position + 12
  end
  return latest, instants, {sender = senders, ['repeat'] = repeats, room = all_one}
end

-- Numbers as bytes: the width of each (1, 2 or 4), then the numbers, little-endian.
local function pack_counts(counts, peak)
  local width = peak < 256 and 1 or peak < 65536 and 2 or 4
  local pieces, step = {char(width)}, CHUNK / width
  for from = 1, #counts, step do
    local to = min(#counts, from + step - 1)
    if width == 1 then
      pieces[#pieces + 1] = char(unpack(counts, from, to))
    else
      local bytes, n = {}, 0
      for i = from, to do
        local rest = counts[i]
        for _ = 1, width do
          n = n + 1
          bytes[n] = rest % 256
          rest = (rest - rest % 256) / 256
        end
      end
      pieces[#pieces + 1] = char(unpack(bytes))
    end
  end
  return table.concat(pieces)
end

local answers, peaks = {}, {}
for w = 1, #windows do
  answers[w], peaks[w] = {}, 0
end

local base = 0
while at <= #ARGV do
  local prefix, number, lines = take(), tonumber(take()), take()
  local latest = tonumber(call('GET', prefix .. 'clock') or '0')
  local instants, which
  latest, instants, which = unpack_lines(lines, number, latest)
  call('SET', prefix .. 'clock', text_of(latest), 'PX', 2 * longest)
  local sender_count = tonumber(take())
  local sender_first = at
  at = at + sender_count
  local repeat_count = tonumber(take())
  local repeat_first = at
  at = at + repeat_count
  for w, window in ipairs(windows) do
    local first, last = room_field, room_field
    if window.subject == 'sender' then
      first, last = sender_first, sender_first + sender_count - 1
    elseif window.subject == 'repeat' then
      first, last = repeat_first, repeat_first + repeat_count - 1
    end
    local peak = count(prefix, window, instants, which[window.subject], first, last, answers[w], base)
    peaks[w] = max(peaks[w], peak)
  end
  base = base + number
end

local pieces = {}
for w = 1, #windows do
  pieces[w] = pack_counts(answers[w], peaks[w])
end
local packed = table.concat(pieces)
call('SET', KEYS[1], packed, 'PX', ANSWER_TTL_MS)
return packed
