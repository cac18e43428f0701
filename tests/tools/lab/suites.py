"""Which suite two nodes of this machine come to by themselves (funnel-authd/suites.cc), by what its OpenSSL and processor have."""
import ctypes

NAMES = {1: "rfc4121", 2: "x25519-aes256gcm", 3: "x25519mlkem768-aes256gcm", 4: "x25519-chacha20poly1305",
         5: "x25519mlkem768-chacha20poly1305"}
FIRST_WITH_ML_KEM = 0x30500000


def has_ml_kem():
    return ctypes.CDLL("libcrypto.so.3").OpenSSL_version_num() >= FIRST_WITH_ML_KEM


def has_fast_aes():
    with open("/proc/cpuinfo", encoding="utf-8") as listed:
        flags = next((line for line in listed if line.startswith(("flags", "Features"))), "").split()
    return "aes" in flags and ("pclmulqdq" in flags or "pmull" in flags)


def best():
    if has_fast_aes():
        return 3 if has_ml_kem() else 2
    return 5 if has_ml_kem() else 4
