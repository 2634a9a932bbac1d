// A program that takes task after task (docs/WARM.md), without any library: it finds the number
// of primes below each task's number, from a sieve that it makes once.
#include <cstdint>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::vector<std::int64_t> counts(std::size_t limit) {
    std::vector<bool> composite(limit + 1);
    std::vector<std::int64_t> below(limit + 1);
    for (std::size_t number = 2; number <= limit; number++) {
        below[number] = below[number - 1] + (composite[number] ? 0 : 1);
        if (composite[number]) continue;
        for (auto multiple = number * number; multiple <= limit; multiple += number) {
            composite[multiple] = true;
        }
    }
    return below;
}

}  // namespace

int main() {
    std::ios::sync_with_stdio(false);
    std::string line;
    std::getline(std::cin, line);  // what all tasks have in common: nothing is needed here
    const auto primes = counts(1'000'000);
    std::cout << "ready" << std::endl;
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        std::string word;
        std::size_t first = 0, count = 0;
        if (!(words >> word >> first >> count) || word != "run") return 64;
        for (auto number = first; number < first + count; number++) {
            if (number < primes.size()) continue;
            if (number > first) std::cout << "done " << first << " " << number - first << "\n";
            std::cout << "failed " << number << " \"beyond the sieve\"" << std::endl;
            count = 0;
        }
        if (count > 0) std::cout << "done " << first << " " << count << std::endl;
    }
}
