#include "sctp/congestion/congestion.h"

#include "sctp/congestion/model.h"
#include "sctp/congestion/reno.h"

namespace sctp {

std::unique_ptr<Congestion> MakeCongestion(CongestionLaw law, std::size_t packet_bytes) {
  switch (law) {
    case CongestionLaw::kModel:
      return std::make_unique<Model>(packet_bytes);
    case CongestionLaw::kReno:
      return std::make_unique<Reno>(packet_bytes);
  }
  return nullptr;
}

}  // namespace sctp
