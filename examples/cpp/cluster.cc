// Clusters towers into jets: anti-kt (Cacciari, Salam, Soyez, JHEP 04 (2008) 063) with FastJet.
//
//     cluster TOWERS JETS HISTOGRAM RADIUS MIN_PT
//
// Reads lines of "event px py pz e" (GeV), the towers of an event together. Writes a line for each
// jet, "event jet pt rapidity phi mass", hardest first, and a histogram of pt in the UHI JSON form.

#include <fastjet/ClusterSequence.hh>

#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using fastjet::PseudoJet;

/// Integer counts of transverse momenta; an underflow bin first, an overflow bin last.
class PtHistogram {
public:
    void fill(double pt) { ++counts[bin(pt)]; }

    std::string uhi() const {
        std::ostringstream text;
        text << R"({"jet_pt": {"axes": [{"bins": )" << bins
             << R"(, "circular": false, "lower": 0.0, "metadata": {"label": "jet pt / GeV"}, )"
             << R"("overflow": true, "type": "regular", "underflow": true, "upper": )" << upper
             << R"(.0}], "storage": {"type": "int", "values": [)";
        for (size_t i = 0; i < counts.size(); ++i) text << (i ? ", " : "") << counts[i];
        text << R"(]}, "uhi_schema": 1}})" << "\n";
        return text.str();
    }

private:
    static constexpr int bins = 60;
    static constexpr int upper = 1500;  // GeV

    static size_t bin(double pt) {
        const double place = std::floor(pt / upper * bins);
        if (place < 0) return 0;
        return place >= bins ? bins + 1 : static_cast<size_t>(place) + 1;
    }

    std::array<long, bins + 2> counts{};
};

/// Jets of one event after the other, written as they come.
class Clusterer {
public:
    Clusterer(double radius, double min_pt, std::ostream& lines)
        : definition(fastjet::antikt_algorithm, radius), min_pt(min_pt), lines(lines) {}

    void cluster(long event, const std::vector<PseudoJet>& towers) {
        if (towers.empty()) return;
        const fastjet::ClusterSequence sequence(towers, definition);
        int number = 0;
        for (const PseudoJet& jet : sorted_by_pt(sequence.inclusive_jets(min_pt))) {
            std::array<char, 128> line{};
            std::snprintf(line.data(), line.size(), "%ld %d %.6g %.6g %.6g %.6g\n", event, number++,
                          jet.pt(), jet.rap(), jet.phi_std(), jet.m());
            lines << line.data();
            histogram.fill(jet.pt());
        }
    }

    PtHistogram histogram;

private:
    fastjet::JetDefinition definition;
    double min_pt;
    std::ostream& lines;
};

/// Hands the towers of each event to the clusterer. A malformed line is an error.
void read_events(std::istream& in, Clusterer& clusterer) {
    std::vector<PseudoJet> towers;
    long current = 0;
    std::string line;
    while (std::getline(in, line)) {
        std::istringstream fields(line);
        long event = 0;
        double px = 0, py = 0, pz = 0, e = 0;
        if (!(fields >> event >> px >> py >> pz >> e)) {
            throw std::runtime_error("bad line: " + line);
        }
        if (event != current) {
            clusterer.cluster(current, towers);
            towers.clear();
            current = event;
        }
        towers.emplace_back(px, py, pz, e);
    }
    clusterer.cluster(current, towers);
}

/// Written beside its final name, then renamed: a file that is there is whole.
void write_whole(const std::string& path, const std::string& text) {
    const std::string partial = path + ".tmp";
    std::ofstream out(partial, std::ios::binary);
    out << text;
    out.close();
    if (!out) throw std::runtime_error("cannot write " + path);
    std::filesystem::rename(partial, path);
}

int main(int count, char** arguments) {
    if (count != 6) {
        std::cerr << "usage: cluster TOWERS JETS HISTOGRAM RADIUS MIN_PT\n";
        return 64;
    }
    fastjet::ClusterSequence::set_fastjet_banner_stream(nullptr);
    try {
        std::ifstream in(arguments[1]);
        if (!in) throw std::runtime_error(std::string("cannot read ") + arguments[1]);
        std::ostringstream jets;
        Clusterer clusterer(std::stod(arguments[4]), std::stod(arguments[5]), jets);
        read_events(in, clusterer);
        write_whole(arguments[2], jets.str());
        write_whole(arguments[3], clusterer.histogram.uhi());
    } catch (const std::exception& error) {
        std::cerr << "cluster: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
