/* Spin's view of a channel's handshake and of one rekey (funnel-protocol(7), HANDSHAKE, SUITES, REKEY): an initiator that
 * offers suites 2 and 1, an acceptor of this version or of 0.1.0, and somebody on the path who changes, drops and puts in
 * what they like.
 *
 * What is modelled: who chose what, and whose shares a key is made of. What is taken for granted: that nobody on the path
 * can make a GSS token, a proof or a seal without the subkey, which they learn only later. So a bound value is a copy that
 * the path cannot change, and a key is a number made of all that went into it.
 *
 * Broken variants, each of which must be found out: -DNO_PROOF (the initiator does not look at the proof), -DNO_HOLD (it
 * sends payload at once to whom gave none), -DNO_BINDING (shares are not in OPEN's bindings), -DREKEY_UNBOUND (nor in
 * REKEY's, and REKEY is in the clear). Ends that a run must be able to come to: -DREACH_REKEY (both ends have new keys),
 * -DREACH_OLD (payload goes to an acceptor of 0.1.0), -DREACH_CHOICE (and to one that chose suite 1 itself); each asserts that
 * it does not come to that.
 */
#define SHARE_I  1   /* of the initiator */
#define SHARE_A  2   /* of the acceptor */
#define SHARE_X  3   /* of who is on the path */
#define NONE     0

/* A key: its suite and both shares, as the end that has it saw them. */
#define KEY(suite, i, a)  ((suite) * 100 + ((suite) > 1 -> (i) * 10 + (a) : 0))

typedef Open   { byte best; byte share; byte bound_best; byte bound_share; }
typedef Opened { byte suite; byte share; bool proof; byte proven_suite; byte proven_share; }

chan to_acceptor  = [0] of { Open };
chan from_path_a  = [0] of { Open };
chan to_initiator = [0] of { Opened };
chan from_path_i  = [0] of { Opened };
/* Sealed frames: key, and whether there is payload in them. The path can drop and delay them, not make them. */
chan frames_to_a  = [2] of { byte, bool };
chan frames_to_i  = [2] of { byte, bool };
chan rekey_to_a   = [0] of { byte, byte };  /* share, bound share */
chan rekey_path_a = [0] of { byte, byte };
chan rekey_to_i   = [0] of { byte, byte };  /* share, proven share */
chan rekey_path_i = [0] of { byte, byte };

bool acceptor_is_old, acceptor_wants_1;
byte chosen = NONE;            /* by the acceptor itself */
byte key_i = NONE, key_a = NONE, next_i = NONE, next_a = NONE;

active proctype Initiator()
{
  Open open; Opened opened; byte share; byte key; bool payload; bool unproven; byte proven;

  open.best = 2; open.share = SHARE_I; open.bound_best = 2; open.bound_share = SHARE_I;
  to_acceptor ! open;
  if
  :: from_path_i ? opened
  :: timeout -> goto done
  fi;

  if
  :: !opened.proof && opened.suite != 1 -> goto done
#ifndef NO_PROOF
  :: opened.proof && (opened.proven_suite != opened.suite || opened.proven_share != opened.share) -> goto done
#endif
  :: else -> skip
  fi;
  unproven = !opened.proof;
  key_i = KEY(opened.suite, SHARE_I, opened.share);

#ifndef NO_HOLD
  if
  :: unproven ->
     frames_to_a ! key_i, false;
     if
     :: frames_to_i ? key, payload -> if :: key != key_i -> goto done :: else -> skip fi
     :: timeout -> goto done
     fi
  :: else -> skip
  fi;
#endif
#ifdef REACH_OLD
  assert(!acceptor_is_old);
#endif
#ifdef REACH_CHOICE
  assert(!acceptor_wants_1 || acceptor_is_old || unproven);
#endif
  /* What is read later by who learns the keytab: the acceptor's own choice at most, and nobody else's share. */
  assert(opened.suite == chosen);
  assert(opened.suite == 1 || opened.share == SHARE_A);
  frames_to_a ! key_i, true;

  /* One rekey, in the channel's suite. */
  if
  :: opened.suite > 1 && key_a == key_i ->
     rekey_to_a ! SHARE_I, SHARE_I;
     if
     :: rekey_path_i ? share, proven
     :: timeout -> goto done
     fi;
     if :: share != proven -> goto done :: else -> skip fi;
     next_i = KEY(opened.suite, SHARE_I, share);
     assert(share == SHARE_A);
     assert(next_a == NONE || next_i == next_a);
#ifdef REACH_REKEY
     assert(next_i != next_a)
#endif
  :: else -> skip
  fi;
done:
  skip
}

active proctype Acceptor()
{
  Open open; Opened opened; byte key; bool payload; byte share; byte bound;

  if :: acceptor_is_old = true :: acceptor_is_old = false fi;
  if :: acceptor_wants_1 = true :: acceptor_wants_1 = false fi;
  if
  :: from_path_a ? open
  :: timeout -> goto done
  fi;
  if
#ifdef NO_BINDING
  :: open.best != open.bound_best -> goto done
#else
  :: open.best != open.bound_best || open.share != open.bound_share -> goto done
#endif
  :: else -> skip
  fi;

  if
  :: acceptor_is_old || acceptor_wants_1 || open.share == NONE -> chosen = 1
  :: else -> chosen = 2
  fi;
  opened.suite = chosen;
  opened.share = (chosen > 1 -> SHARE_A : NONE);
  opened.proof = !acceptor_is_old;
  opened.proven_suite = opened.suite;
  opened.proven_share = opened.share;
  key_a = KEY(chosen, open.share, SHARE_A);
  /* Nobody gets the acceptor to seal under a share that the initiator did not give. */
  assert(chosen == 1 || open.share == SHARE_I);
  to_initiator ! opened;

  /* Nothing is sealed before a frame of the initiator's was opened. */
  do
  :: frames_to_a ? key, payload ->
     if
     :: key == key_a -> frames_to_i ! key_a, false; break
     :: else -> skip
     fi
  :: timeout -> goto done
  od;

  do
  :: frames_to_a ? key, payload -> assert(!payload || key == key_a)
  :: rekey_path_a ? share, bound ->
     if
#ifndef REKEY_UNBOUND
     :: share != bound -> skip
#endif
     :: else ->
        assert(share == SHARE_I);
        next_a = KEY(chosen, share, SHARE_A);
        rekey_to_i ! SHARE_A, SHARE_A;
        break
     fi
  :: timeout -> break
  od;
done:
  skip
}

/* Passes on, changes, or drops; all combinations of fields that it could write. */
active proctype Path()
{
  Open open; Opened opened; byte share; byte kept;

  to_acceptor ? open;
  if :: open.best = 1 :: skip fi;
  if :: open.share = SHARE_X :: open.share = NONE :: skip fi;
  if :: from_path_a ! open :: goto done fi;

  if
  :: to_initiator ? opened
  :: timeout -> goto done
  fi;
  if :: opened.suite = 1 :: opened.suite = 2 :: skip fi;
  if :: opened.share = SHARE_X :: opened.share = NONE :: skip fi;
  if :: opened.proof = false :: skip fi;
  if :: from_path_i ! opened :: goto done fi;

  /* A REKEY is in a sealed frame: it can be dropped. With REKEY_UNBOUND it is in the clear, too. */
end:
  do
  :: rekey_to_a ? share, kept ->
#ifdef REKEY_UNBOUND
     if :: share = SHARE_X :: skip fi;
#endif
     if :: rekey_path_a ! share, kept :: skip fi
  :: rekey_to_i ? share, kept ->
     if :: rekey_path_i ! share, kept :: skip fi
  od;
done:
  skip
}
