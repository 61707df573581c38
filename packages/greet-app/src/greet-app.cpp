#include <greet.hpp>
#include <iostream>

int main(int argc, char **argv)
{
    std::cout << greet::greeting(argc > 1 ? argv[1] : "nobody") << "\n";
}
