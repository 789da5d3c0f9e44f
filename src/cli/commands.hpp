#pragma once

#include <optional>
#include <string>
#include <vector>

/// One struct a command, filled by command_line.cpp, and the function that runs it. Each returns an ExitCode and
/// throws the errors of warpfit/error.hpp.
namespace warpfit::cli {

struct InitCommand
{
    std::string data;
    std::string model;                  ///< where to write; empty: standard output
    std::vector<std::string> elements;  ///< edges or lines of these; empty: peaks
    std::string signal_type;            ///< in place of the data's; empty: theirs
    std::string gos = "hydrogenic";
    std::string gos_file_path;
    int navigation_dimensions = -1;
};

struct FitCommand
{
    std::string model;
    std::string data;
    std::string out;  ///< empty: print only
    std::string device = "auto";
    int threads = 0;
    std::string pixel;
    std::string inav;
    std::string isig;
    bool json = false;
    std::vector<std::string> set;
    double max_bad = 1.0;
    int navigation_dimensions = -1;
};

struct ResumeCommand
{
    std::string out;
    std::optional<int> threads;
    bool json = false;
};

struct ShowCommand
{
    std::string out;
    bool json = false;
    bool maps = false;
};

struct QuantifyCommand
{
    std::string out;
    std::string pixel;  ///< empty: the mean
    bool json = false;
};

struct EvalCommand
{
    std::string model;
    std::string x;
    std::string y;
    bool gradients = false;
    bool json = false;
    bool show_code = false;
    std::vector<std::string> set;
};

struct ComponentsCommand
{
    std::string name;
    bool json = false;
};

struct InspectCommand
{
    std::string data;
    bool json = false;
};

struct PlotCommand
{
    std::string first;   ///< a result, or a model when `second` is given
    std::string second;  ///< data
    std::string directory;
    std::string pixel;
    std::string format = "png";
    int navigation_dimensions = -1;
    std::vector<std::string> set;
};

struct ExportCommand
{
    std::string out;
    std::string directory;
    std::string format = "npy";
};

struct DoctorCommand
{
    std::string plugin;  ///< empty: the library's own
    bool calibrate = false;
};

int run_init(InitCommand const& command);
int run_fit(FitCommand const& command);
int run_resume(ResumeCommand const& command);
int run_show(ShowCommand const& command);
int run_quantify(QuantifyCommand const& command);
int run_eval(EvalCommand const& command);
int run_components(ComponentsCommand const& command);
int run_inspect(InspectCommand const& command);
int run_plot(PlotCommand const& command);
int run_export(ExportCommand const& command);
int run_doctor(DoctorCommand const& command);

}  // namespace warpfit::cli
