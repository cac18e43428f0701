-- Wireshark's view of Funnel's frames (funnel-protocol(7)): what goes over the wire in the clear, and where something
-- sealed stands; and what is sealed in suites 2 to 5, where it is given the key log of an edge (key-log in funnel.conf(5)).
--
--     tshark -X lua_script:funnel.lua -r FILE -Y 'funnel.service == "dns"'
--     tshark -X lua_script:funnel.lua -o funnel.key_log:KEYS -o funnel.payload:dns=dns -r FILE -V
--
-- or copy all of funnel*.lua to a folder that "About Wireshark", Folders, names "Personal Lua Plugins". SCTP in UDP on another
-- port than 9899: -d udp.port==PORT,sctp. Wireshark 4.4 loads no script when it runs as root, and says nothing of it.

local keys = dofile(__DIR__ .. "/funnel_keys.lua")(dofile(__DIR__ .. "/funnel_ciphers.lua"))
local records = dofile(__DIR__ .. "/funnel_records.lua")

local PAYLOAD_PROTOCOL = 0x464E4C31 -- "FNL1"
local HEADER_BYTES = 12
local MOST_BYTES = 69632
local TOKEN_HEADER_BYTES = 16 -- RFC 4121 section 4.2.6.2
local VERSION = 1

local TYPES = {
  [1] = "OPEN", [2] = "OPENED", [3] = "REFUSED", [4] = "SEALED", [5] = "CLOSED",
  [0x80] = "LINK_UP", [0x81] = "LINK_END", [0x82] = "NOTE",
}
local OPEN, OPENED, REFUSED, SEALED, CLOSED, LOCAL = 1, 2, 3, 4, 5, 0x80
local REFUSALS = { "refused", "busy", "bad version", "no route", "shutting down" }
local ENDS = {
  [0] = "done", [1] = "aborted: the edge has gone", [2] = "a limit was reached", [3] = "a relay lost the way on",
  [4] = "closed by an administrator of a relay",
}
local SUITES = {
  [1] = "RFC 4121 Wrap tokens", [2] = "X25519, AES-256-GCM", [3] = "X25519 and ML-KEM-768, AES-256-GCM",
  [4] = "X25519, ChaCha20-Poly1305", [5] = "X25519 and ML-KEM-768, ChaCha20-Poly1305",
}
local SEQUENCE_BYTES, TAG_BYTES = 6, 16 -- of a frame in suites above 1
local LEAST_PLAIN_BYTES = 12 -- the sealed header

local proto = Proto("funnel", "Funnel")
local f = {
  type = ProtoField.uint8("funnel.type", "Type", base.DEC, TYPES),
  version = ProtoField.uint8("funnel.version", "Version"),
  epoch = ProtoField.uint16("funnel.epoch", "Epoch"),
  channel = ProtoField.uint32("funnel.channel", "Channel", base.HEX),
  lifetime = ProtoField.uint32("funnel.lifetime", "Lifetime in ms (0: reliable)"),
  -- Of the channel's OPEN, also for its later frames.
  service = ProtoField.string("funnel.service", "Service"),
  target = ProtoField.string("funnel.target", "Target node"),
  field = ProtoField.none("funnel.field", "Field"),
  field_type = ProtoField.uint8("funnel.field.type", "Type"),
  field_length = ProtoField.uint16("funnel.field.length", "Length"),
  field_value = ProtoField.bytes("funnel.field.value", "Value"),
  offered = ProtoField.uint8("funnel.offered_version", "Offered version"),
  suite = ProtoField.uint16("funnel.suite", "Suite", base.DEC, SUITES),
  nonce = ProtoField.bytes("funnel.nonce", "Nonce"),
  hops = ProtoField.uint8("funnel.hop_limit", "Hop limit"),
  token = ProtoField.bytes("funnel.token", "GSS token"),
  chosen = ProtoField.uint8("funnel.chosen_version", "Chosen version"),
  features = ProtoField.bytes("funnel.features", "Features (bits)"),
  fed_by = ProtoField.bytes("funnel.fed_by", "Services that go on into this one"),
  share = ProtoField.bytes("funnel.share", "X25519 share of the initiator"),
  ml_kem = ProtoField.bytes("funnel.ml_kem_key", "ML-KEM-768 key of the initiator"),
  answer = ProtoField.bytes("funnel.share_answer", "Answer to the shares"),
  proof = ProtoField.bytes("funnel.proof", "Proof of the acceptor"),
  verdict = ProtoField.bytes("funnel.verdict", "Verdict (sealed)"),
  refusal = ProtoField.uint16("funnel.refused.code", "Refused", base.DEC, REFUSALS),
  text = ProtoField.string("funnel.refused.text", "Text (nobody has signed it)"),
  closed = ProtoField.uint16("funnel.closed.code", "Closed", base.DEC, ENDS),
  by_acceptor = ProtoField.bool("funnel.sealed.by_acceptor", "Sent by the acceptor", 8, nil, 0x01),
  flags = ProtoField.uint8("funnel.sealed.flags", "Token flags", base.HEX),
  ec = ProtoField.uint16("funnel.sealed.ec", "EC"),
  rrc = ProtoField.uint16("funnel.sealed.rrc", "RRC"),
  sequence = ProtoField.uint64("funnel.sealed.sequence", "Sequence"),
  sealed = ProtoField.none("funnel.sealed", "Sealed"),
  sealed_bytes = ProtoField.uint32("funnel.sealed.length", "Sealed bytes"),
}
local e = {
  malformed = ProtoExpert.new("funnel.malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR),
  no_key = ProtoExpert.new("funnel.no_key", "No key", expert.group.DECRYPTION, expert.severity.NOTE),
  dropped = ProtoExpert.new("funnel.dropped", "Receivers drop this", expert.group.PROTOCOL, expert.severity.WARN),
  refused = ProtoExpert.new("funnel.refused", "The channel is refused", expert.group.RESPONSE_CODE, expert.severity.NOTE),
  cut = ProtoExpert.new("funnel.cut", "The channel is cut off", expert.group.RESPONSE_CODE, expert.severity.WARN),
}
for name, field in pairs(records.fields) do f["record_" .. name] = field end
proto.fields, proto.experts = f, e

proto.prefs.key_log = Pref.string("Key log", "", "The file of keys that an edge has written; several may be put together in one")
proto.prefs.payload = Pref.string("Payload of services", "", "SERVICE=DISSECTOR ..., for the datagrams of services, as in dns=dns")

local gssapi = Dissector.get("gssapi")

-- What each OPEN named, and each OPENED chose, by channel: lists of {frame number, what}, in the order of the capture.
local opens, suites = {}, {}
local payload_dissectors, key_log_trouble = {}, nil

local function read_preferences()
  key_log_trouble = keys.read(proto.prefs.key_log)
  payload_dissectors = {}
  for service, dissector in proto.prefs.payload:gmatch("([^%s=]+)=([^%s=]+)") do payload_dissectors[service] = dissector end
end
proto.prefs_changed = read_preferences

function proto.init()
  opens, suites = {}, {}
  read_preferences() -- an edge may have written more
end

local function remember(of, channel, number, what)
  local seen = of[channel] or {}
  of[channel] = seen
  if #seen == 0 or seen[#seen].number < number then seen[#seen + 1] = { number = number, what = what } end
end

local function remembered(of, channel, number)
  local seen = of[channel] or {}
  for i = #seen, 1, -1 do
    if seen[i].number <= number then return seen[i].what end
  end
end

local function is_name(text) return #text >= 1 and #text <= 255 and text:find("^[!-~]+$") ~= nil end

-- Values of fields: each gets what it stands in, its own bytes, and what is known of the frame so far.
local function each(field, width)
  return function(tree, value)
    for at = 0, value:len() - width, width do tree:add(field, value(at, width)) end
  end
end
local function one(field)
  return function(tree, value) tree:add(field, value) end
end
local function name(field, key)
  return function(tree, value, frame)
    local text = value:raw()
    if not is_name(text) then
      return tree:add_proto_expert_info(e.malformed, "A name is 1 to 255 characters of printable ASCII without blanks")
    end
    frame[key] = text
    tree:add(field, value)
  end
end
-- Bits 0 to 63, the highest first.
local FEATURES = { [0] = "datagrams", [1] = "connections", [2] = "openings", [3] = "modules",
  [4] = "serving", [5] = "targets", [6] = "commands", [7] = "associations" }
local function features(tree, value)
  local names, bits = {}, value:uint64()
  for bit = 0, 63 do
    if bits:rshift(bit):band(1):tonumber() == 1 then names[#names + 1] = FEATURES[bit] or "bit " .. bit end
  end
  tree:add(f.features, value):append_text(" (" .. table.concat(names, ", ") .. ")")
end
-- The first of a handshake is Kerberos: the realm and who is asked in the clear, the rest encrypted.
local function token(tree, value, frame)
  tree:add(f.token, value)
  local columns = tostring(frame.pinfo.cols.info)
  local fine = pcall(function() gssapi:call(value:tvb(), frame.pinfo, tree) end)
  if not fine then tree:add_proto_expert_info(e.malformed, "The token is malformed") end
  frame.pinfo.cols.protocol, frame.pinfo.cols.info = "Funnel", columns
end

local function chosen_suite(tree, value, frame)
  tree:add(f.suite, value)
  if frame.type == OPENED then remember(suites, frame.channel, frame.pinfo.number, value:uint()) end
end

-- type: name, least and most bytes, a multiple of, how it is shown.
local FIELDS = {
  [1] = { "Versions", 1, 32, 1, each(f.offered, 1) },
  [2] = { "Verdict", 1, 65535, 1, one(f.verdict) },
  [3] = { "Suites", 2, 64, 2, each(f.suite, 2) },
  [5] = { "Service", 1, 255, 1, name(f.service, "service") },
  [7] = { "Target", 1, 255, 1, name(f.target, "target") },
  [9] = { "Nonce", 32, 32, 1, one(f.nonce) },
  [11] = { "Hop limit", 1, 1, 1, one(f.hops) },
  [15] = { "Token", 1, 65535, 1, token },
  [17] = { "Version", 1, 1, 1, one(f.chosen) },
  [19] = { "Suite", 2, 2, 1, chosen_suite },
  [24] = { "Share", 32, 32, 1, one(f.share) },
  [26] = { "ML-KEM key", 1184, 1184, 1, one(f.ml_kem) },
  [28] = { "Answer", 32, 1120, 1, one(f.answer) },
  [30] = { "Features", 1, 8, 1, features },
  [32] = { "Fed by", 1, 2048, 1, one(f.fed_by) },
  [34] = { "Proof", 48, 48, 1, one(f.proof) },
}
local ALLOWED = {
  [OPEN] = { 1, 3, 5, 7, 9, 11, 15, 24, 26, 30, 32 },
  [OPENED] = { 15, 17, 19, 28, 30, 34 },
  [REFUSED] = { 2, 15, 17, 19 },
}

local OPTIONAL = { [24] = true, [26] = true, [28] = true, [30] = true, [32] = true, [34] = true }

local function malformed(tree, text) tree:add_proto_expert_info(e.malformed, text) end

local function add_field(tree, range, frame, known)
  local kind, length = range(0, 1):uint(), range(1, 2):uint()
  local about = known[kind] and FIELDS[kind]
  local item = tree:add(f.field, range)
  item:set_text((about and about[1] or "Unknown field " .. kind) .. ", " .. length .. " bytes")
  item:add(f.field_type, range(0, 1))
  item:add(f.field_length, range(1, 2))
  if not about then
    if length > 0 then item:add(f.field_value, range(3, length)) end
    if kind % 2 == 1 then malformed(item, "An unknown field with an odd number") end
  elseif length < about[2] or length > about[3] or length % about[4] ~= 0 then
    malformed(item, about[1] .. " has a wrong length")
  else
    about[5](item, range(3, length), frame)
  end
  return kind
end

-- Which of those that must be there are not. REFUSED has all of its fields or none.
local function missing(frame_type, seen)
  local out, count = {}, 0
  for _, kind in ipairs(ALLOWED[frame_type]) do
    if seen[kind] then count = count + 1
    elseif not OPTIONAL[kind] then out[#out + 1] = FIELDS[kind][1] end
  end
  if frame_type == REFUSED and count == 0 then return {} end
  return out
end

local function add_fields(tree, body, frame)
  local known, seen, at = {}, {}, 0
  for _, kind in ipairs(ALLOWED[frame.type]) do known[kind] = true end
  while at < body:len() do
    local left = body:len() - at
    local length = left >= 3 and body(at + 1, 2):uint() or 0
    if left < 3 or left < 3 + length then return malformed(tree, "A field is cut short") end
    local kind = add_field(tree, body(at, 3 + length), frame, known)
    if seen[kind] then malformed(tree, "Field " .. kind .. " appears twice") end
    seen[kind] = true
    at = at + 3 + length
  end
  local absent = missing(frame.type, seen)
  if #absent > 0 then malformed(tree, "Missing: " .. table.concat(absent, ", ")) end
end

-- What is in it, where its key is known.
local function show_plain(tree, body, frame)
  local size = body:len() - SEQUENCE_BYTES - TAG_BYTES
  local plain, key = keys.open(frame.channel, frame.epoch, body(0, SEQUENCE_BYTES):raw(), body(SEQUENCE_BYTES, size):raw())
  if not plain then
    local why = key_log_trouble and "The key log cannot be read: " .. key_log_trouble or "The key log has no key for it"
    tree:add_proto_expert_info(e.no_key, why)
    return ""
  end

  local range = ByteArray.new(plain, true):tvb("Decrypted Funnel")()
  local item = tree:add(f.record_plain, range)
  item:add(f.record_sender, key.sender):set_generated()
  local dissector = payload_dissectors[remembered(opens, frame.channel, frame.pinfo.number) or ""]
  local names, trouble = records.show(item, range, function(payload, record)
    if not dissector then return end
    local columns = tostring(frame.pinfo.cols.info)
    pcall(function() Dissector.get(dissector):call(payload:tvb(), frame.pinfo, record) end)
    frame.pinfo.cols.protocol, frame.pinfo.cols.info = "Funnel", columns
  end)
  if trouble then malformed(item, trouble) end
  return ": " .. table.concat(names, ", ")
end

local function aead_frame(tree, body, suite, frame)
  if body:len() < SEQUENCE_BYTES + TAG_BYTES then return malformed(tree, "The frame is cut short") end
  local item = tree:add(f.sealed, body)
  if suite ~= 0 then item:add(f.suite, suite):set_generated() end
  item:add(f.sequence, body(0, SEQUENCE_BYTES), body(0, SEQUENCE_BYTES):uint64())
  local length = body:len() - SEQUENCE_BYTES - TAG_BYTES
  if length > 0 then
    item:add(f.sealed_bytes, body(SEQUENCE_BYTES, length), length)
  else
    malformed(item, "Nothing is sealed")
  end
  local said = "seq " .. tostring(body(0, SEQUENCE_BYTES):uint64()) .. ", " .. length .. " bytes"
  if proto.prefs.key_log == "" or length < LEAST_PLAIN_BYTES then return said end
  return said .. show_plain(item, body, frame)
end

local BODIES = {
  [OPEN] = function(tree, body, frame)
    add_fields(tree, body, frame)
    if not frame.service then return end
    remember(opens, frame.channel, frame.pinfo.number, frame.service)
    return frame.service .. (frame.target and " to " .. frame.target or "")
  end,
  [OPENED] = function(tree, body, frame) add_fields(tree, body, frame) end,
  [REFUSED] = function(tree, body, frame)
    if body:len() < 3 or body:len() < 3 + body(2, 1):uint() then return malformed(tree, "REFUSED is cut short") end
    local length = body(2, 1):uint()
    tree:add(f.refusal, body(0, 2)):add_proto_expert_info(e.refused)
    if length > 0 then tree:add(f.text, body(3, length)) end
    if body:len() > 3 + length then add_fields(tree, body(3 + length), frame) end
    return REFUSALS[body(0, 2):uint()]
  end,
  [SEALED] = function(tree, body, frame)
    frame.epoch = frame.header(2, 2):uint()
    local suite = remembered(suites, frame.channel, frame.pinfo.number)
    -- Where no OPENED was seen: a sequence that looks like a token's first bytes is 5 million million frames away.
    if suite == nil and body:len() >= 2 and body(0, 2):uint() ~= 0x0504 then suite = 0 end
    if suite ~= nil and suite ~= 1 then return aead_frame(tree, body, suite, frame) end
    if body:len() < TOKEN_HEADER_BYTES then return malformed(tree, "The token is cut short") end
    if body(0, 2):uint() ~= 0x0504 then return malformed(tree, "This is no Wrap token of RFC 4121") end
    local item = tree:add(f.sealed, body)
    local flags = item:add(f.flags, body(2, 1))
    item:add(f.by_acceptor, body(2, 1))
    if body(2, 1):uint() < 6 or body(2, 1):uint() > 7 or body(3, 1):uint() ~= 0xFF then
      malformed(flags, "Sealed and AcceptorSubkey are wanted, and nothing else")
    end
    item:add(f.ec, body(4, 2))
    item:add(f.rrc, body(6, 2))
    if body(4, 4):uint() ~= 0 then malformed(item, "EC and RRC must be 0") end
    item:add(f.sequence, body(8, 8))
    local length = body:len() - TOKEN_HEADER_BYTES
    if length > 0 then
      item:add(f.sealed_bytes, body(TOKEN_HEADER_BYTES), length)
    else
      malformed(item, "Nothing is sealed")
    end
    return "seq " .. tostring(body(8, 8):uint64()) .. ", " .. length .. " bytes"
  end,
  [CLOSED] = function(tree, body)
    if body:len() ~= 2 then return malformed(tree, "The body of CLOSED has 2 bytes") end
    local item = tree:add(f.closed, body(0, 2))
    local code = body(0, 2):uint()
    if code ~= 0 then item:add_proto_expert_info(e.cut) end
    return ENDS[code] or "code " .. code
  end,
}

local function add_header(tree, range, frame)
  tree:add(f.type, range(0, 1))
  local version = tree:add(f.version, range(1, 1))
  local epoch = tree:add(f.epoch, range(2, 2))
  tree:add(f.channel, range(4, 4))
  local lifetime = tree:add(f.lifetime, range(8, 4))
  if range(1, 1):uint() ~= VERSION then
    version:add_proto_expert_info(e.dropped, "Another version than 1")
    return false
  end
  if frame.type >= LOCAL and TYPES[frame.type] then
    tree:add_proto_expert_info(e.dropped, "This type never goes on the wire")
  elseif not TYPES[frame.type] then
    tree:add_proto_expert_info(e.dropped, "Unknown type")
  end
  if frame.type ~= SEALED and range(2, 2):uint() ~= 0 then malformed(epoch, "An epoch in a frame that is not sealed") end
  if frame.type ~= SEALED and range(8, 4):uint() ~= 0 then malformed(lifetime, "A lifetime in a frame that is not sealed") end
  return BODIES[frame.type] ~= nil
end

function proto.dissector(tvb, pinfo, root)
  pinfo.cols.protocol = "Funnel"
  local tree = root:add(proto, tvb())
  if tvb:len() < HEADER_BYTES then
    malformed(tree, "A frame is shorter than its header")
    return tvb:len()
  end
  local frame = { type = tvb(0, 1):uint(), channel = tvb(4, 4):uint(), header = tvb(0, HEADER_BYTES), pinfo = pinfo }
  local known = add_header(tree, tvb(0, HEADER_BYTES), frame)
  if tvb:len() > MOST_BYTES then tree:add_proto_expert_info(e.dropped, "Larger than any frame may be") end
  local title = TYPES[frame.type] or "type " .. frame.type
  local body = tvb:len() > HEADER_BYTES and tvb(HEADER_BYTES) or nil
  local said
  if known and body then
    said = BODIES[frame.type](tree, body, frame)
  elseif known then
    malformed(tree, title .. " without a body")
  end
  local service = remembered(opens, frame.channel, pinfo.number)
  if service and frame.type ~= OPEN then
    tree:add(f.service, service):set_generated()
    title = title .. " " .. service
  end
  if said then title = title .. " " .. said end
  tree:append_text(", " .. title)
  pinfo.cols.info:append(" " .. title)
  return tvb:len()
end

DissectorTable.get("sctp.ppi"):add(PAYLOAD_PROTOCOL, proto)
