-- Count one batch of lines, and answer what the counters then are; the caller works out each line's own numbers.
--
-- KEYS[1]  the batch's token: answers already given are given again, and nothing is counted twice.
-- ARGV     1, 2: the short and the long span in ms; then for every stretch (lines of one room in one short epoch):
--            prefix of the room's keys, its latest instant in ms, the lines of each field (2 bytes each), the fields:
--            first one for the room as a whole, then one for each sender.
-- Answer   for every stretch: the room's clock as it was before (8 bytes), then each field's record.
--
-- A record is five numbers: the short epoch it was written in, the lines in the long epoch before, in the long epoch that
-- runs, in the short epoch before, in the short epoch that runs. Each has 4 bytes, as all numbers here big-endian.
--
-- Keys: <prefix>now is a hash of records and the room's "clock", the latest instant seen; when a long epoch is over it
-- becomes <prefix>before. Time does not step back within a room: lines older than its clock count at its clock. At most
-- 3,900 fields a stretch: Lua's stack holds 8,000. No struct, no cmsgpack.

local ARGV, call, unpack, tonumber = ARGV, redis.call, unpack, tonumber
local floor, byte, char, sub, concat = math.floor, string.byte, string.char, string.sub, table.concat

local ANSWER_TTL_MS = 60000
local SLACK_MS = 10000
local NONE = {}

local given = call('GET', KEYS[1])
if given then
  return given
end

local short, long = tonumber(ARGV[1]), tonumber(ARGV[2])

local as_bytes = {}
local function bytes_of(number)
  local bytes = as_bytes[number]
  if not bytes then
    local low, high = number % 65536, floor(number / 65536) % 65536
    bytes = char(floor(high / 256), high % 256, floor(low / 256), low % 256)
    as_bytes[number] = bytes
  end
  return bytes
end

local ZERO = bytes_of(0)

-- The record after more lines, in the short epoch told. earlier: the record of the long epoch before, where this one has
-- none yet; nil for somebody new.
local function add(record, earlier, lines, epoch, epoch_before)
  local source = record or earlier
  if not source then
    local number = bytes_of(lines)
    return epoch .. ZERO .. number .. ZERO .. number
  end
  local a, b, c, d, _, _, _, _, e, f, g, h = byte(source, 9, 20)
  local long_before, long_lines, short_before, short_lines
  if record then
    long_before, long_lines = sub(source, 5, 8), bytes_of(((a * 256 + b) * 256 + c) * 256 + d + lines)
  else
    long_before, long_lines = sub(source, 9, 12), bytes_of(lines)
  end
  local written = sub(source, 1, 4)
  if written == epoch then
    short_before, short_lines = sub(source, 13, 16), bytes_of(((e * 256 + f) * 256 + g) * 256 + h + lines)
  else
    short_before, short_lines = written == epoch_before and sub(source, 17, 20) or ZERO, bytes_of(lines)
  end
  return epoch .. long_before .. long_lines .. short_before .. short_lines
end

-- The records before, where the room's clock stood at seen and moves to now: (records, those of the long epoch before,
-- whether the hash must be made anew).
local function load(prefix, first, last, found, seen, now)
  local here, before = prefix .. 'now', prefix .. 'before'
  if not found[1] then
    call('DEL', before)
    return NONE, NONE, true
  end
  local passed = floor(now / long) - floor(seen / long)
  if passed == 0 then
    for i = 2, #found do
      if not found[i] then
        return found, call('HMGET', before, 'clock', unpack(ARGV, first, last)), false
      end
    end
    return found, NONE, false
  end
  if passed == 1 then
    call('RENAME', here, before)
    return NONE, found, true
  end
  call('DEL', here, before)
  return NONE, NONE, true
end

local answer = {}

local function count(prefix, instant, lines, first, last)
  local here = prefix .. 'now'
  local found = call('HMGET', here, 'clock', unpack(ARGV, first, last))
  local seen, now = tonumber(found[1] or '0'), tonumber(instant)
  if seen > now then
    now, instant = seen, found[1]
  end
  local records, earlier, fresh = load(prefix, first, last, found, seen, now)
  local epoch, epoch_before = bytes_of(floor(now / short)), bytes_of(floor(now / short) - 1)
  local words, told = {'clock', instant}, {bytes_of(floor(seen / 4294967296)) .. bytes_of(seen % 4294967296)}
  for i = 1, last - first + 1 do
    local high, low = byte(lines, 2 * i - 1, 2 * i)
    local record = add(records[i + 1], earlier[i + 1], high * 256 + low, epoch, epoch_before)
    words[2 * i + 1] = ARGV[first + i - 1]
    words[2 * i + 2] = record
    told[i + 1] = record
  end
  call('HSET', here, unpack(words))
  if fresh then
    call('PEXPIRE', here, 2 * long + SLACK_MS)
  end
  answer[#answer + 1] = concat(told)
end

local at = 3
while at <= #ARGV do
  local lines = ARGV[at + 2]
  local last = at + 2 + #lines / 2
  count(ARGV[at], ARGV[at + 1], lines, at + 3, last)
  at = last + 1
end

local told = concat(answer)
call('SET', KEYS[1], told, 'PX', ANSWER_TTL_MS)
return told
