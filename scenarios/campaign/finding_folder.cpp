#include "scenarios/campaign/finding_folder.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "core/base/digest.h"
#include "scenarios/campaign/finding_json.h"

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;

constexpr const char* kJsonName = "finding.json";
constexpr const char* kReportName = "report.txt";
constexpr std::uintmax_t kFileBytesMax = std::uintmax_t{1} << 31;
constexpr std::size_t kIdBytes = 4;

// One file beside finding.json: its name and its bytes.
struct FileRow {
    std::string name;
    ByteView bytes;
};

std::vector<FileRow> rows_of(const FindingFiles& files, Reproducer reproducer) {
    std::vector<FileRow> rows{{"scenario.toml", as_bytes(files.scenario)},
                              {"choices.bin", files.choices}};
    if (reproducer == Reproducer::kHistory) rows.push_back({"history.bin", files.history});
    if (!files.shrunk.empty()) rows.push_back({"shrunk.toml", as_bytes(files.shrunk)});
    return rows;
}

Status cannot(std::string_view what, const fs::path& path, const std::error_code& why) {
    return fail(ErrorCode::kStorage, fmt::format("{} {}: {}", path.string(), what, why.message()));
}

Status write_file(const fs::path& path, ByteView bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (file.fail())
        return fail(ErrorCode::kStorage, path.string() + " cannot be written; is the disk full?");
    return {};
}

Status write_files(const fs::path& folder, const SavedFinding& finding, const FindingFiles& files) {
    FileDigests digests;
    for (const FileRow& row : rows_of(files, finding.reproducer)) {
        digests[row.name] = to_hex(sha256(row.bytes).view());
        AIVM_TRY(write_file(folder / row.name, row.bytes));
    }
    AIVM_TRY(write_file(folder / kReportName, as_bytes(finding_report(finding))));
    return write_file(folder / kJsonName, as_bytes(finding_to_json(finding, digests)));
}

// Swaps the names of two folders atomically. False where the file system cannot.
bool exchange(const fs::path& a, const fs::path& b) {
#ifdef RENAME_EXCHANGE
    return renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0;
#else
    static_cast<void>(a), static_cast<void>(b);
    return false;
#endif
}

// Moves the finished folder to its place, and then removes an older one.
Status move_into_place(const fs::path& finished, const fs::path& place) {
    std::error_code error;
    const fs::path older = finished.string() + ".older";
    fs::remove_all(older, error);
    if (fs::exists(place, error) && exchange(finished, place)) {
        fs::remove_all(finished, error);
        return error ? cannot("cannot be removed", finished, error) : Status();
    }
    if (fs::exists(place, error)) fs::rename(place, older, error);
    if (error) return cannot("cannot be replaced", place, error);
    fs::rename(finished, place, error);
    if (error) return cannot("cannot be made", place, error);
    fs::remove_all(older, error);
    if (error) return cannot("cannot be removed", older, error);
    return {};
}

Result<Bytes> read_file(const fs::path& path) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status)) return fail(ErrorCode::kNotFound, path.string() + " is missing");
    if (!fs::is_regular_file(status))
        return fail(ErrorCode::kMalformed, path.string() + " is not a file");
    const std::uintmax_t size = fs::file_size(path, error);
    if (error || size > kFileBytesMax)
        return fail(ErrorCode::kStorage, path.string() + " is too large or unreadable");
    Bytes bytes(static_cast<std::size_t>(size));
    std::ifstream file(path, std::ios::binary);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!file)
        return fail(ErrorCode::kStorage, path.string() + " cannot be read; check its permissions");
    return bytes;
}

Result<Bytes> read_checked(const fs::path& folder, const std::string& name,
                           const FileDigests& digests) {
    const auto wanted = digests.find(name);
    if (wanted == digests.end()) {
        return fail(ErrorCode::kMalformed,
                    fmt::format("{} does not list {}", (folder / kJsonName).string(), name));
    }
    AIVM_ASSIGN(Bytes bytes, read_file(folder / name));
    if (to_hex(sha256(bytes).view()) != wanted->second) {
        return fail(ErrorCode::kMalformed,
                    fmt::format("{} was changed or damaged: it does not have the digest that {} "
                                "gives for it; replay the finding from an intact copy",
                                (folder / name).string(), kJsonName));
    }
    return bytes;
}

std::string text_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

std::string finding_id(std::string_view scenario_text, std::uint64_t seed,
                       std::string_view invariant, std::string_view digest) {
    Writer all;
    all.string(scenario_text).u64(seed).string(invariant).string(digest);
    return to_hex(sha256(all.view()).view().first(kIdBytes));
}

Status write_finding(const SavedFinding& finding, const FindingFiles& files) {
    const fs::path place = finding.folder;
    const fs::path unfinished =
        place.parent_path() / ("." + place.filename().string() + ".unfinished");
    std::error_code error;
    fs::remove_all(unfinished, error);
    fs::create_directories(unfinished, error);
    if (error) return cannot("cannot be made", unfinished, error);
    Status status = write_files(unfinished, finding, files);
    if (status) status = move_into_place(unfinished, place);
    if (!status) fs::remove_all(unfinished, error);
    return status;
}

Status write_reproducer(const std::string& folder, const std::string& text) {
    const fs::path place = fs::path(folder) / kReproducerName;
    const fs::path unfinished = place.string() + ".unfinished";
    AIVM_TRY(write_file(unfinished, as_bytes(text)));
    std::error_code error;
    fs::rename(unfinished, place, error);
    return error ? cannot("cannot be made", place, error) : Status();
}

Result<StoredFinding> read_finding(const std::string& folder) {
    const fs::path place = folder;
    std::error_code error;
    if (!fs::is_directory(place, error)) {
        return fail(ErrorCode::kNotFound,
                    fmt::format("{} is not a folder; name a finding's, such as "
                                "aivmsim-out/findings/3f9a2c71",
                                folder));
    }
    const fs::path json = place / kJsonName;
    if (!fs::exists(json, error)) {
        return fail(ErrorCode::kNotFound,
                    fmt::format("{} is no finding's folder: it has no {}", folder, kJsonName));
    }
    AIVM_ASSIGN(const Bytes text, read_file(json));
    auto parsed = finding_from_json(text_of(text));
    if (!parsed) return fail(parsed.error().code, json.string() + ": " + parsed.error().context);

    StoredFinding out{std::move(parsed->finding), {}};
    out.finding.folder = folder;
    while (out.finding.folder.size() > 1 && out.finding.folder.back() == '/')
        out.finding.folder.pop_back();
    const FileDigests& digests = parsed->files;
    AIVM_ASSIGN(const Bytes scenario, read_checked(place, "scenario.toml", digests));
    out.files.scenario = text_of(scenario);
    AIVM_ASSIGN(out.files.choices, read_checked(place, "choices.bin", digests));
    if (out.finding.reproducer == Reproducer::kHistory) {
        AIVM_ASSIGN(out.files.history, read_checked(place, "history.bin", digests));
    }
    if (out.finding.reproducer == Reproducer::kRun || digests.contains("shrunk.toml")) {
        AIVM_ASSIGN(const Bytes shrunk, read_checked(place, "shrunk.toml", digests));
        out.files.shrunk = text_of(shrunk);
    }
    const SavedFinding& f = out.finding;
    if (f.id != finding_id(out.files.scenario, f.seed, f.violation.invariant, f.digest)) {
        return fail(ErrorCode::kMalformed,
                    fmt::format("{} was changed: its id {} does not follow from its scenario, "
                                "seed, invariant and digest",
                                json.string(), f.id));
    }
    return out;
}

}  // namespace aivm::scenarios
