// Everything between the engine and the edges, with the engine, made in the order in which the
// parts need each other: the tables borrow the shared state and each other, the engine reports to
// one of them.
#pragma once

#include <functional>
#include <memory>

#include "common/event/descriptors.h"
#include "funnel-sctpd/association/association_table.h"
#include "funnel-sctpd/channel/channel_table.h"
#include "funnel-sctpd/shared_state.h"

namespace funnel::sctpd {

class Tables {
 public:
  using MakeEngine =
      std::function<Result<std::unique_ptr<sctp::Engine>>(sctp::EngineObserver& observer)>;

  // STATE has no engine yet. EDGES outlives the tables.
  [[nodiscard]] static Result<std::unique_ptr<Tables>> Create(SharedState state,
                                                              event::EpollSet& edges,
                                                              const MakeEngine& make_engine) {
    std::unique_ptr<Tables> tables(new Tables(std::move(state), edges));
    tables->engine = TRY(make_engine(tables->associations));
    tables->shared.engine = tables->engine.get();
    return tables;
  }
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  SharedState shared;
  ChannelTable channels;
  AssociationTable associations;
  std::unique_ptr<sctp::Engine> engine;

 private:
  Tables(SharedState state, event::EpollSet& edges)
      : shared(std::move(state)),
        channels(shared, edges, associations),
        associations(shared, channels) {}
};

}  // namespace funnel::sctpd
