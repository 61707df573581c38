#include "greet.hpp"

namespace greet {

std::string greeting(const std::string &whom)
{
    return "hello, " + whom + ", from libgreet " VERSION;
}

}
