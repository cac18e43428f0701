// Everything between the engine and the edges, the engine included, made in the order in which they
// need each other: the tables borrow the environment and each other, the engine reports to one of
// them.
#pragma once

#include <functional>
#include <memory>

#include "common/event/descriptors.h"
#include "funnel-sctpd/association/association_table.h"
#include "funnel-sctpd/channel/channel_table.h"
#include "funnel-sctpd/environment.h"

namespace funnel::sctpd {

class Tables {
 public:
  using MakeEngine =
      std::function<Result<std::unique_ptr<sctp::Engine>>(sctp::EngineObserver& observer)>;

  // ENVIRONMENT without an engine. EDGES outlives them.
  [[nodiscard]] static Result<std::unique_ptr<Tables>> Create(Environment environment,
                                                              event::EpollSet& edges,
                                                              const MakeEngine& make_engine) {
    std::unique_ptr<Tables> tables(new Tables(std::move(environment), edges));
    tables->engine = TRY(make_engine(tables->associations));
    tables->env.engine = tables->engine.get();
    return tables;
  }
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  Environment env;
  ChannelTable channels;
  AssociationTable associations;
  std::unique_ptr<sctp::Engine> engine;

 private:
  Tables(Environment environment, event::EpollSet& edges)
      : env(std::move(environment)),
        channels(env, edges, associations),
        associations(env, channels) {}
};

}  // namespace funnel::sctpd
