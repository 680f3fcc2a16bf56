-- Count one batch of lines, and answer what the counters were before it; the caller works out each line's own numbers.
--
-- KEYS[1]  the batch's token: answers already given are given again, and nothing is counted twice.
-- ARGV     1: number of spans S; then S spans in ms; then for every stretch (lines of one room in one epoch of each span):
--            prefix of the room's keys, its latest instant in ms, the lines of each field (2 bytes each, big-endian),
--            then the fields: one for the room as a whole, and one for each sender.
-- Answer   a JSON array of whole numbers, for every stretch: the latest instant seen in the room before, then for every
--          span the fields' counters of the epoch before, then those of the running epoch, in the order of the fields.
--
-- Keys: <prefix><span>:<epoch> is a hash of counters, <prefix>clock the latest instant seen in the room. Time does not
-- step back within a room: lines older than its clock count at its clock. Every number stays below 2^53. At most 3,900
-- fields a stretch (Lua's stack holds 8,000). Needs Redis 6.2 (SET with GET). No struct, no cmsgpack.

local ARGV, call, unpack, tonumber = ARGV, redis.call, unpack, tonumber
local floor, max, byte, concat, format = math.floor, math.max, string.byte, table.concat, string.format

local ANSWER_TTL_MS = 60000
local SLACK_MS = 10000

local given = call('GET', KEYS[1])
if given then
  return given
end

local answer, pieces = {}, 0
local function tell(piece)
  pieces = pieces + 1
  answer[pieces] = piece
end

local as_text = {}
local function text_of(number)
  local text = as_text[number]
  if not text then
    text = format('%.0f', number)
    as_text[number] = text
  end
  return text
end

-- Move the room's clock on to an instant, and answer the later of both.
local function tick(key, instant, ttl_ms)
  local seen = call('SET', key, instant, 'PX', ttl_ms, 'GET') or '0'
  tell(seen)
  local now = tonumber(instant)
  if tonumber(seen) <= now then
    return now
  end
  call('SET', key, seen, 'PX', ttl_ms)
  return tonumber(seen)
end

-- Tell the counters of the epoch before.
local function tell_before(key, first, last)
  local before = call('HMGET', key, unpack(ARGV, first, last))
  for i = 1, #before do
    before[i] = before[i] or '0'
  end
  tell(concat(before, ','))
end

-- Tell the counters of the running epoch, and add to each what was counted.
local function count(key, first, last, lines, ttl_ms)
  local running, words = call('HMGET', key, unpack(ARGV, first, last)), {}
  local fresh = not running[1]
  for i = 1, #running do
    local high, low = byte(lines, 2 * i - 1, 2 * i)
    local was = running[i]
    if not was then
      was = '0'
      running[i] = was
    end
    words[2 * i - 1] = ARGV[first + i - 1]
    words[2 * i] = text_of(was + high * 256 + low)
  end
  tell(concat(running, ','))
  call('HSET', key, unpack(words))
  if fresh then
    call('PEXPIRE', key, ttl_ms)
  end
end

local spans, longest = {}, 0
for s = 1, tonumber(ARGV[1]) do
  spans[s] = tonumber(ARGV[1 + s])
  longest = max(longest, spans[s])
end

local at = #spans + 2
while at <= #ARGV do
  local prefix, lines = ARGV[at], ARGV[at + 2]
  local first, last = at + 3, at + 2 + #lines / 2
  local now = tick(prefix .. 'clock', ARGV[at + 1], 2 * longest)
  for s = 1, #spans do
    local stem, epoch = prefix .. ARGV[1 + s] .. ':', floor(now / spans[s])
    tell_before(stem .. text_of(epoch - 1), first, last)
    count(stem .. text_of(epoch), first, last, lines, 2 * spans[s] + SLACK_MS)
  end
  at = last + 1
end

local told = '[' .. concat(answer, ',') .. ']'
call('SET', KEYS[1], told, 'PX', ANSWER_TTL_MS)
return told
