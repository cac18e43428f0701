-- The records of a decrypted frame (funnel-protocol(7), SEALED RECORDS), for funnel.lua.

local HEADER_BYTES = 12
local KINDS = {
  [0] = "PADDING", [1] = "DATAGRAM", [2] = "MESSAGE", [3] = "OPEN_SESSION", [4] = "CREDIT", [5] = "CHANNEL_CREDIT",
  [6] = "SESSIONS", [7] = "RESET", [8] = "END_SESSION", [9] = "PING", [10] = "PONG", [11] = "CONFIRM", [12] = "REKEY",
  [13] = "NEW_EPOCH", [14] = "FAREWELL", [15] = "HELLO", [16] = "OPENING", [130] = "SHARE", [131] = "MODULE", [132] = "MARK", [133] = "SERVING",
}
local FIRST_SKIPPABLE = 128
local FOLLOWS = 2 -- of MESSAGE's orders

local records = {}

records.fields = {
  plain = ProtoField.none("funnel.plain", "Decrypted"),
  sender = ProtoField.string("funnel.plain.sender", "Sender"),
  reliable = ProtoField.bool("funnel.plain.reliable", "Reliable", 8, nil, 0x01),
  confirmed = ProtoField.bool("funnel.plain.confirmed", "The sender has checked our CONFIRM", 8, nil, 0x02),
  reliable_before = ProtoField.uint64("funnel.plain.reliable_before", "Reliable frames before"),
  record = ProtoField.uint8("funnel.record", "Record", base.DEC, KINDS),
  session = ProtoField.uint64("funnel.record.session", "Session"),
  number = ProtoField.uint64("funnel.record.number", "Number"),
  flags = ProtoField.uint8("funnel.record.flags", "Flags", base.HEX),
  code = ProtoField.uint16("funnel.record.code", "Code"),
  payload = ProtoField.bytes("funnel.record.payload", "Payload"),
  bytes = ProtoField.bytes("funnel.record.bytes", "Bytes"),
}
local f = records.fields

-- Where it is read; each function moves it on, and raises an error where the frame ends before.
local Reader = {}
Reader.__index = Reader

function Reader:take(size)
  if self.at + size > self.range:len() then error("cut short", 0) end
  local taken = size > 0 and self.range(self.at, size) or nil
  self.at = self.at + size
  return taken
end

-- RFC 9000, section 16: as an UInt64, and the bytes that it took.
function Reader:varint()
  if self.at == self.range:len() then error("cut short", 0) end
  local size = 1
  for _ = 1, math.floor(self.range(self.at, 1):uint() / 64) do size = 2 * size end
  local taken = self:take(size)
  return taken:uint64():band(UInt64.max():rshift(66 - 8 * size)), taken
end

function Reader:block()
  local length = self:varint():tonumber()
  return self:take(length)
end

local function add_varint(field)
  return function(tree, reader)
    local value, range = reader:varint()
    tree:add(field, range, value)
  end
end
local session, number = add_varint(f.session), add_varint(f.number)
local function block(field)
  return function(tree, reader)
    local taken = reader:block()
    if taken then tree:add(field, taken) end
    return taken
  end
end
local function fixed(field, size)
  return function(tree, reader) tree:add(field, reader:take(size)) end
end
local function rest(_, reader) reader.at = reader.range:len() end

local function message(tree, reader)
  local flags = reader:take(1)
  tree:add(f.flags, flags)
  session(tree, reader)
  number(tree, reader)
  if flags:uint() % 4 == FOLLOWS then number(tree, reader) end
  return block(f.payload)(tree, reader)
end

-- What comes behind a kind, in this order.
local BODIES = {
  [0] = { rest }, [1] = { session, block(f.payload) }, [2] = { message }, [3] = { session, block(f.bytes) },
  [4] = { session, number }, [5] = { number }, [6] = { number }, [7] = { session, fixed(f.code, 2), number },
  [8] = { session }, [9] = { fixed(f.bytes, 8) }, [10] = { fixed(f.bytes, 8) }, [11] = { fixed(f.bytes, 32) },
  [12] = { block(f.bytes) }, [13] = { number, number }, [14] = { fixed(f.code, 2), block(f.bytes) }, [15] = { block(f.bytes) },
  [16] = { session, function(tree, reader) block(f.bytes)(tree, reader) end, block(f.payload) },
}
local CARRIES_DATAGRAM = { [1] = true, [16] = true }

-- Shows the plaintext in RANGE below TREE. ON_PAYLOAD gets the bytes of each datagram, and the record's tree. The records' names, or what
-- is wrong with them.
function records.show(tree, range, on_payload)
  tree:add(f.reliable, range(0, 1))
  tree:add(f.confirmed, range(0, 1))
  tree:add(f.reliable_before, range(1, 5))
  local reader, names = setmetatable({ range = range, at = HEADER_BYTES }, Reader), {}
  while reader.at < range:len() do
    local from = reader.at
    local kind = reader:take(1)
    local item = tree:add(f.record, kind)
    local parts = BODIES[kind:uint()] or (kind:uint() >= FIRST_SKIPPABLE and { block(f.bytes) })
    names[#names + 1] = KINDS[kind:uint()] or "record " .. kind:uint()
    if not parts then return names, "An unknown record" end
    for _, part in ipairs(parts) do
      local fine, payload = pcall(part, item, reader)
      if not fine then return names, "A record is cut short" end
      if payload and CARRIES_DATAGRAM[kind:uint()] then on_payload(payload, item) end
    end
    item:set_len(reader.at - from)
  end
  return names
end

return records
