#include "pyharness/src/bindings/convert.h"

#include <cstring>

#include "scenarios/file/units.h"

namespace aivm::python {
namespace {

// A view of a contiguous buffer for as long as it lives.
class BufferView {
public:
    explicit BufferView(py::handle object) {
        held_ = PyObject_GetBuffer(object.ptr(), &view_, PyBUF_SIMPLE) == 0;
    }
    ~BufferView() {
        if (held_) PyBuffer_Release(&view_);
    }
    BufferView(const BufferView&) = delete;
    BufferView& operator=(const BufferView&) = delete;
    [[nodiscard]] bool held() const { return held_; }
    [[nodiscard]] ByteView bytes() const {
        return {static_cast<const std::uint8_t*>(view_.buf), static_cast<std::size_t>(view_.len)};
    }

private:
    Py_buffer view_{};
    bool held_ = false;
};

// The alternative of the variant whose table carries this name.
template <std::size_t I = 0>
OperationBody read_kind(const std::string& kind, const py::dict& fields) {
    if constexpr (I < std::variant_size_v<OperationBody>) {
        using Body = std::variant_alternative_t<I, OperationBody>;
        if (struct_name<Body> != kind) return read_kind<I + 1>(kind, fields);
        Body body;
        read_fields(fields, body);
        return body;
    } else {
        throw py::value_error(fmt::format("there is no operation \"{}\"", kind));
    }
}

template <std::size_t... I>
auto kinds_of(std::index_sequence<I...>) {
    std::vector<std::pair<std::string, std::vector<std::string>>> out;
    const auto add = [&]<class Body>(Body body) {
        std::vector<std::string> names;
        for_each_field(body, [&](auto field, const auto&) { names.emplace_back(field.name); });
        out.emplace_back(struct_name<Body>, std::move(names));
    };
    (add(std::variant_alternative_t<I, OperationBody>{}), ...);
    return out;
}

// Which fields of a slash mean something depends on its cause.
py::dict show_slash(const State& state, const event::Slashed& slash) {
    py::dict out = show_fields(&state, slash);
    const SlashVictim victim = slash_cause(slash.cause).victim;
    if (victim != SlashVictim::kProvider) out["provider"] = py::none();
    if (victim == SlashVictim::kValidator) out["task"] = py::none();
    if (slash.challenger.is_zero()) out["challenger"] = py::none();
    return out;
}

}  // namespace

VmFault::VmFault(const Error& error)
    : std::runtime_error(fmt::format("{}: {}", error_name(error.code), error.text())),
      code(error.code) {}

py::str hex_text(ByteView bytes) { return py::str("0x" + to_hex(bytes)); }

py::bytes raw_bytes(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

py::object show_index(const State* state, TaskIndex index) {
    if (state == nullptr || index.value >= state->tasks.size()) return py::none();
    return py::str(state->task(index).job_id);
}
py::object show_index(const State* state, ProviderIndex index) {
    if (state == nullptr || index.value >= state->providers.size()) return py::none();
    return py::str(state->provider(index).id);
}
py::object show_index(const State* state, ModelIndex index) {
    if (state == nullptr || index.value >= state->models.size()) return py::none();
    return py::str(state->model(index).id);
}

std::uint64_t read_number(py::handle value, const std::string& where, std::uint64_t most) {
    if (PyBool_Check(value.ptr()) || !PyIndex_Check(value.ptr())) {
        throw py::type_error(fmt::format("{} must be a whole number", where));
    }
    const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
    const unsigned long long out = PyLong_AsUnsignedLongLong(number.ptr());
    const bool overflow = PyErr_Occurred() != nullptr;
    if (overflow) PyErr_Clear();
    if (overflow || out > most) {
        throw py::value_error(fmt::format("{} is {}; it must be 0 to {}", where,
                                          py::str(number).cast<std::string>(), most));
    }
    return out;
}

Amount read_amount(py::handle value, const std::string& where) {
    if (!py::isinstance<py::str>(value)) {
        return Amount(read_number(value, where, std::numeric_limits<std::uint64_t>::max()));
    }
    const auto text = value.cast<std::string>();
    const auto nlux = scenarios::parse_amount_nlux(text);
    if (!nlux)
        throw py::value_error(
            fmt::format("{}: {}; {}", where, nlux.error().message, nlux.error().remedy));
    return Amount(*nlux);
}

Bytes read_bytes(py::handle value, const std::string& where) {
    if (py::isinstance<py::str>(value)) {
        auto parsed = from_hex(value.cast<std::string>());
        if (!parsed) throw py::value_error(where + " must be bytes, or text of hexadecimal digits");
        return std::move(*parsed);
    }
    const BufferView view(value);
    if (!view.held()) {
        PyErr_Clear();
        throw py::type_error(where + " must be bytes, or text of hexadecimal digits");
    }
    return {view.bytes().begin(), view.bytes().end()};
}

void read_exactly(py::handle value, const std::string& where, std::span<std::uint8_t> out) {
    const Bytes bytes = read_bytes(value, where);
    if (bytes.size() != out.size()) {
        throw py::value_error(
            fmt::format("{} has {} bytes; it must have {}", where, bytes.size(), out.size()));
    }
    std::memcpy(out.data(), bytes.data(), bytes.size());
}

std::string read_text(py::handle value, const std::string& where) {
    if (!py::isinstance<py::str>(value)) throw py::type_error(where + " must be text");
    return value.cast<std::string>();
}

std::uint64_t read_word(py::handle value, const std::string& where,
                        std::span<const std::string_view> words) {
    if (!py::isinstance<py::str>(value)) return read_number(value, where, words.size() - 1);
    const auto word = value.cast<std::string>();
    const auto found = std::find(words.begin(), words.end(), word);
    if (found != words.end()) return static_cast<std::uint64_t>(found - words.begin());
    throw py::value_error(
        fmt::format("{} is \"{}\"; it must be one of {}", where, word, fmt::join(words, ", ")));
}

void refuse_field(std::string_view structure, const std::string& name,
                  const std::vector<std::string_view>& known) {
    throw py::value_error(fmt::format("{} has no field \"{}\"; there are {}", structure, name,
                                      fmt::join(known, ", ")));
}

std::vector<std::pair<std::string, std::vector<std::string>>> operation_kinds() {
    return kinds_of(std::make_index_sequence<std::variant_size_v<OperationBody>>{});
}

OperationBody read_operation(const std::string& kind, const py::dict& fields) {
    return read_kind(kind, fields);
}

py::dict show_operation(const OperationBody& body) {
    return std::visit([](const auto& b) { return show_fields(nullptr, b); }, body);
}

py::tuple show_event(const State& state, const VmEvent& event) {
    return std::visit(
        [&]<class Event>(const Event& e) {
            const py::str name(std::string(struct_name<Event>));
            if constexpr (std::is_same_v<Event, event::Slashed>) {
                return py::make_tuple(name, show_slash(state, e));
            } else {
                return py::make_tuple(name, show_fields(&state, e));
            }
        },
        event);
}

}  // namespace aivm::python
