-- What frames of suites above 1 are encrypted with, for funnel.lua: the key streams of AES-256-GCM and ChaCha20-Poly1305.
-- Tags are not checked. Plain Lua, for not every Wireshark has ciphers in its Lua: some 500 kB/s.

-- Wireshark brings `bit`; whoever does not has Lua 5.3 or later, whose operators an older one could not read.
local bit = bit or bit32 or load([[return {
  band = function(a, b) return a & b end, bxor = function(a, b) return (a ~ b) & 0xFFFFFFFF end,
  bor = function(a, b) return (a | b) & 0xFFFFFFFF end, lshift = function(a, n) return (a << n) & 0xFFFFFFFF end,
  rshift = function(a, n) return (a & 0xFFFFFFFF) >> n end }]])()
local band, bor, bxor, lshift, rshift = bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift

local function word(bytes, at)
  local a, b, c, d = bytes:byte(at, at + 3)
  return bor(lshift(a, 24), bor(lshift(b, 16), bor(lshift(c, 8), d)))
end

-- AES (FIPS 197) by its S-box.

local SBOX = {}
do
  local p, q = 1, 1
  repeat
    p = band(bxor(bxor(p, lshift(p, 1)), p >= 128 and 0x11B or 0), 0xFF) -- times 3
    q = bxor(q, lshift(q, 1)) -- divided by 3
    q = bxor(q, lshift(q, 2))
    q = band(bxor(q, lshift(q, 4)), 0xFF)
    if q >= 128 then q = bxor(q, 9) end
    local x = q
    for n = 1, 4 do x = bxor(x, bor(band(lshift(q, n), 0xFF), rshift(q, 8 - n))) end
    SBOX[p] = bxor(x, 0x63)
  until p == 1
  SBOX[0] = 0x63
end

local function sub_word(w)
  return bor(lshift(SBOX[band(rshift(w, 24), 255)], 24), bor(lshift(SBOX[band(rshift(w, 16), 255)], 16),
    bor(lshift(SBOX[band(rshift(w, 8), 255)], 8), SBOX[band(w, 255)])))
end

-- One column of a round, for the byte in its first row; the other rows are rotations.
local ROUND = {}
for x = 0, 255 do
  local s = SBOX[x]
  local double = band(bxor(lshift(s, 1), s >= 128 and 0x11B or 0), 0xFF)
  ROUND[x] = bor(lshift(double, 24), bor(lshift(s, 16), bor(lshift(s, 8), bxor(double, s))))
end

local function rotated(w, n) return bor(rshift(w, n), lshift(w, 32 - n)) end

local AES256_ROUNDS = 14

local function aes_key(key)
  local w, power = {}, 1
  for i = 0, 7 do w[i] = word(key, 4 * i + 1) end
  for i = 8, 4 * AES256_ROUNDS + 3 do
    local last = w[i - 1]
    if i % 8 == 0 then
      last = bxor(sub_word(rotated(last, 24)), lshift(power, 24))
      power = power * 2
    elseif i % 8 == 4 then
      last = sub_word(last)
    end
    w[i] = bxor(w[i - 8], last)
  end
  return w
end

-- Four words to four words.
local function aes_block(w, a, b, c, d)
  a, b, c, d = bxor(a, w[0]), bxor(b, w[1]), bxor(c, w[2]), bxor(d, w[3])
  local function column(p, q, r, s, k)
    return bxor(bxor(bxor(ROUND[band(rshift(p, 24), 255)], rotated(ROUND[band(rshift(q, 16), 255)], 8)),
      bxor(rotated(ROUND[band(rshift(r, 8), 255)], 16), rotated(ROUND[band(s, 255)], 24))), w[k])
  end
  local function last(p, q, r, s, k)
    return bxor(bor(lshift(SBOX[band(rshift(p, 24), 255)], 24), bor(lshift(SBOX[band(rshift(q, 16), 255)], 16),
      bor(lshift(SBOX[band(rshift(r, 8), 255)], 8), SBOX[band(s, 255)]))), w[k])
  end
  for round = 1, AES256_ROUNDS - 1 do
    local k = 4 * round
    a, b, c, d = column(a, b, c, d, k), column(b, c, d, a, k + 1), column(c, d, a, b, k + 2), column(d, a, b, c, k + 3)
  end
  local k = 4 * AES256_ROUNDS
  return last(a, b, c, d, k), last(b, c, d, a, k + 1), last(c, d, a, b, k + 2), last(d, a, b, c, k + 3)
end

-- ChaCha20 (RFC 8439).

local function little(bytes, at)
  local a, b, c, d = bytes:byte(at, at + 3)
  return bor(lshift(d, 24), bor(lshift(c, 16), bor(lshift(b, 8), a)))
end

local function sum(x, y) return band(x + y, 0xFFFFFFFF) end

local function quarter(s, a, b, c, d)
  s[a] = sum(s[a], s[b]); s[d] = rotated(bxor(s[d], s[a]), 16)
  s[c] = sum(s[c], s[d]); s[b] = rotated(bxor(s[b], s[c]), 20)
  s[a] = sum(s[a], s[b]); s[d] = rotated(bxor(s[d], s[a]), 24)
  s[c] = sum(s[c], s[d]); s[b] = rotated(bxor(s[b], s[c]), 25)
end

local function chacha_block(state)
  local s = {}
  for i = 1, 16 do s[i] = state[i] end
  for _ = 1, 10 do
    for i = 1, 4 do quarter(s, i, i + 4, i + 8, i + 12) end
    for i = 1, 4 do quarter(s, i, i % 4 + 5, (i + 1) % 4 + 9, (i + 2) % 4 + 13) end
  end
  for i = 1, 16 do s[i] = sum(s[i], state[i]) end
  return s
end

-- A function that yields the next piece of the key stream as bytes.

local function aes_stream(key, nonce)
  local w, a, b, c = aes_key(key), word(nonce, 1), word(nonce, 5), word(nonce, 9)
  local counter = 1 -- that one is the tag's
  return function()
    counter = counter + 1
    local bytes = {}
    for _, x in ipairs({ aes_block(w, a, b, c, counter) }) do
      for shift = 24, 0, -8 do bytes[#bytes + 1] = band(rshift(x, shift), 255) end
    end
    return bytes
  end
end

local function chacha_stream(key, nonce)
  local state = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }
  for at = 1, 29, 4 do state[#state + 1] = little(key, at) end
  state[13] = 0 -- that one is the tag's
  for at = 1, 9, 4 do state[#state + 1] = little(nonce, at) end
  return function()
    state[13] = state[13] + 1
    local bytes = {}
    for _, x in ipairs(chacha_block(state)) do
      for shift = 0, 24, 8 do bytes[#bytes + 1] = band(rshift(x, shift), 255) end
    end
    return bytes
  end
end

local ciphers = {}

-- The IV with the 6 bytes of a sequence in its end.
function ciphers.nonce(iv, sequence)
  local out = { iv:byte(1, 12) }
  for i = 1, 6 do out[i + 6] = bxor(out[i + 6], sequence:byte(i)) end
  return string.char((unpack or table.unpack)(out))
end

-- The first MOST bytes of TEXT (all by default), decrypted.
function ciphers.decrypt(chacha, key, nonce, text, most)
  local next_piece = (chacha and chacha_stream or aes_stream)(key, nonce)
  local out, size, at = {}, math.min(#text, most or #text), 1
  while at <= size do
    for _, byte in ipairs(next_piece()) do
      if at > size then break end
      out[at] = string.char(band(bxor(text:byte(at), byte), 255))
      at = at + 1
    end
  end
  return table.concat(out)
end

return ciphers
