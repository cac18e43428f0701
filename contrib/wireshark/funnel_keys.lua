-- The key log of an edge (funnel-protocol(7), KEY LOG), and the frames that it opens: for funnel.lua, which gives it the ciphers.

return function(ciphers)

local HEADER_BYTES, SEQUENCE_AT = 12, 7 -- of the plaintext
local IS_CHACHA = { [4] = true, [5] = true }

local keys = { count = 0, wrong = 0 }
local by_epoch = {} -- by place(): a list of keys

-- Whether numbers are integers or not is the Lua version's matter.
local function place(channel, epoch) return ("%d:%d"):format(channel, epoch) end

local function from_hex(digits)
  return (digits:gsub("..", function(two) return string.char(tonumber(two, 16)) end))
end

-- Forgets all, and takes what is in the file PATH. What went wrong, or nil.
function keys.read(path)
  by_epoch, keys.count, keys.wrong = {}, 0, 0
  if path == "" then return nil end
  local file, why = io.open(path, "r")
  if not file then return why end
  for line in file:lines() do
    local suite, channel, epoch, sender, key, iv = line:match("^([2-5]) (%x+) (%d+) (%l+) (%x+) (%x+)$")
    if suite and #key == 64 and #iv == 24 then
      local at = place(tonumber(channel, 16), tonumber(epoch))
      by_epoch[at] = by_epoch[at] or {}
      table.insert(by_epoch[at], { suite = tonumber(suite), sender = sender, key = from_hex(key), iv = from_hex(iv) })
      keys.count = keys.count + 1
    elseif line ~= "" and line:sub(1, 1) ~= "#" then
      keys.wrong = keys.wrong + 1
    end
  end
  file:close()
end

-- The plaintext of a frame, and the key's entry; nil where no key fits. The tag is not checked, but the sealed header must repeat
-- the sequence: that of another key, or direction, does so once in 2^48 frames.
function keys.open(channel, epoch, sequence, encrypted)
  for _, entry in ipairs(by_epoch[place(channel, epoch)] or {}) do
    local nonce = ciphers.nonce(entry.iv, sequence)
    local chacha = IS_CHACHA[entry.suite]
    local header = ciphers.decrypt(chacha, entry.key, nonce, encrypted, HEADER_BYTES)
    if header:sub(SEQUENCE_AT) == sequence then return ciphers.decrypt(chacha, entry.key, nonce, encrypted), entry end
  end
end

return keys

end
