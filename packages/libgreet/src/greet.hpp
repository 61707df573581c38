#pragma once
#include <string>

namespace greet {

/// A greeting for `whom`.
std::string greeting(const std::string &whom);

}
