#include "src/backends/cuda/cubin_cache.hpp"
#include "src/backends/cuda/fit_compiler.hpp"
#include "src/backends/cuda/generate.hpp"
#include "tests/backends/cuda/cache_support.hpp"
#include "tests/backends/cuda/models.hpp"

#include <gmock/gmock.h>
#include <iostream>
#include <sstream>

namespace warpfit::testing {
namespace {

using namespace components;
using cuda::FitCompiler;
using cuda::SolverPart;
using ::testing::HasSubstr;
using ::testing::StartsWith;

SolverPart part(char const* architecture, std::string_view bytes = "bytes")
{
    return {architecture, reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size()};
}

std::string chosen(std::string const& architecture, std::vector<SolverPart> const& parts)
{
    SolverPart const* const found = cuda::part_for(architecture, parts);
    return found ? found->architecture : "";
}

TEST(SolverParts, ADeviceTakesItsOwnOrOneOfItsGenerationOrPtx)
{
    std::vector<SolverPart> const parts{part("compute_75"), part("sm_75"),  part("sm_80"),
                                        part("sm_86"),      part("sm_90a"), part("sm_90")};
    EXPECT_EQ(chosen("sm_75", parts), "sm_75");
    EXPECT_EQ(chosen("sm_86", parts), "sm_86");
    EXPECT_EQ(chosen("sm_87", parts), "sm_86");
    EXPECT_EQ(chosen("sm_90", parts), "sm_90");
    EXPECT_EQ(chosen("sm_90a", parts), "sm_90a");
    EXPECT_EQ(chosen("sm_100", parts), "compute_75");
    EXPECT_EQ(chosen("sm_70", parts), "");
    EXPECT_EQ(chosen("sm_90", {part("compute_75"), part("compute_80")}), "compute_80");
    EXPECT_EQ(chosen("sm_90", {part("sm_90a"), part("sm_80")}), "");
    EXPECT_EQ(chosen("sm_90", {}), "");
}

TEST(SolverParts, ArePartOfTheIdentity)
{
    cuda::Compiler const compiler(WARPFIT_NVRTC);
    cuda::Linker const linker;
    cuda::CompileRequest const request{"text", "sm_90"};
    auto const key = [&](std::vector<SolverPart> parts) {
        return cuda::cubin_key(FitCompiler(compiler, linker, std::move(parts)).identity(), request);
    };
    EXPECT_EQ(key({part("sm_90", "one")}), key({part("sm_90", "one")}));
    EXPECT_NE(key({part("sm_90", "one")}), key({part("sm_90", "two")}));
    EXPECT_NE(key({part("sm_90", "one")}), key({part("sm_80", "one")}));
    EXPECT_NE(key({part("sm_90", "one")}), key({}));

    cuda::Linker const none({"/nowhere/libnvJitLink.so"});
    std::string const identity = FitCompiler(compiler, none, {part("sm_90", "one")}).identity();
    EXPECT_THAT(identity, HasSubstr("no linker"));
    if (linker.missing().empty()) {
        EXPECT_NE(cuda::cubin_key(identity, request), key({part("sm_90", "one")}));
    }
}

TEST(Linker, EitherIsHereOrSaysWhyNot)
{
    cuda::Linker const linker;
    EXPECT_EQ(linker.missing().empty(), !linker.version().empty());
    EXPECT_EQ(linker.missing().empty(), !linker.identity().empty());

    cuda::Linker const nowhere({"/nowhere/libnvJitLink.so"});
    EXPECT_EQ(nowhere.missing(), "no nvJitLink (libnvJitLink.so is not found)");
    EXPECT_EQ(nowhere.link("sm_90", {}).log, nowhere.missing());

    // The C library stands in for one that is none, or not whole.
    cuda::Linker const other({"libc.so.6"});
    EXPECT_THAT(other.missing(), StartsWith("libc.so.6 is not nvJitLink"));
}

std::vector<std::string> linker_libraries()
{
    std::vector<std::string> names = cuda::Linker::usual_libraries();
    names.insert(names.begin(), WARPFIT_NVJITLINK);
    return names;
}

class LinkTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        if (!compiler.missing().empty()) GTEST_SKIP() << compiler.missing();
        if (!linker.missing().empty()) GTEST_SKIP() << linker.missing();
        if (parts.empty()) GTEST_SKIP() << "no solver was built in: nvcc is not here";
    }

    cuda::Compiler const compiler{WARPFIT_NVRTC};
    cuda::Linker const linker{linker_libraries()};
    std::vector<SolverPart> const parts = cuda::built_in_parts();
};

std::string const elf = "\x7f"
                        "ELF";

cuda::CompileRequest request_of(PlanBuilder& builder, std::string const& architecture)
{
    return {cuda::generate_kernel(builder.view(), "Model"), architecture, {}, {"Model_fit"}};
}

void expect_linked(cuda::Compiled const& compiled, std::string const& architecture)
{
    EXPECT_EQ(compiled.log, "");
    EXPECT_EQ(compiled.architecture, architecture);
    EXPECT_THAT(compiled.names, ::testing::ElementsAre(cuda::linked_kernel));
    EXPECT_TRUE(compiled.code.starts_with(elf));
    EXPECT_NE(compiled.code.find(std::string(".text.") + cuda::linked_kernel), std::string::npos);
    EXPECT_NE(compiled.code.find(".text.warpfit_products_double"), std::string::npos);
}

class LinkedModels : public LinkTest, public ::testing::WithParamInterface<char const*>
{};

TEST_P(LinkedModels, AreLinked)
{
    std::string const architecture = GetParam();
    FitCompiler const fits(compiler, linker, parts);
    for (auto const& models : {component_models(), composite_models()})
        for (NamedModel model : models) {
            SCOPED_TRACE(model.name);
            expect_linked(fits.compile(request_of(model.builder, architecture)), architecture);
        }
}

INSTANTIATE_TEST_SUITE_P(Architectures, LinkedModels, ::testing::Values("sm_75", "sm_80", "sm_90"));

PlanBuilder one_component(program::Precision precision = program::Precision::float64)
{
    PlanBuilder builder;
    builder.line(64, 0.0, 1.0);
    builder.add<Gaussian>({free_slot(10.0), free_slot(3.0), free_slot(30.0)});
    builder.options.precision = precision;
    return builder;
}

TEST_F(LinkTest, ADeviceWithoutACubinOfItsGenerationTakesPtx)
{
    PlanBuilder builder = one_component();
    std::vector<SolverPart> ptx;
    for (SolverPart const& part : parts)
        if (part.is_ptx()) ptx.push_back(part);
    expect_linked(FitCompiler(compiler, linker, ptx).compile(request_of(builder, "sm_90")), "sm_90");
}

TEST_F(LinkTest, WhatCannotBeLinkedIsCompiledAsAWholeAndSaysWhy)
{
    // Quick to compile; FitKernel compiles whole fits.
    cuda::CompileRequest request{R"(#if defined(WARPFIT_LINKED)
extern "C" __device__ void pass() {}
#else
extern "C" __global__ void whole() {}
#endif
)",
                                 "sm_90",
                                 {},
                                 {"whole"}};
    auto const expect_whole = [&](FitCompiler const& fits, std::string const& why) {
        cuda::Compiled const compiled = fits.compile(request);
        EXPECT_TRUE(compiled.is_fine()) << compiled.log;
        EXPECT_THAT(compiled.names, ::testing::ElementsAre("whole"));
        EXPECT_THAT(compiled.log, StartsWith("compiled as a whole, not linked: " + why));
    };
    cuda::Linker const none({"/nowhere/libnvJitLink.so"});
    expect_whole(FitCompiler(compiler, none, parts), "no nvJitLink (libnvJitLink.so is not found)");
    expect_whole(FitCompiler(compiler, linker, {}), "no solver for sm_90 was built in");
    expect_whole(FitCompiler(compiler, linker, {part("sm_90", "no cubin")}), "nvJitLink: error ");
    expect_whole(FitCompiler(compiler, linker, parts), "nvJitLink: error ");  // the solver misses its passes
    request.architecture = "sm_999";
    expect_whole(FitCompiler(compiler, linker, parts), "NVRTC " + compiler.version() + " makes no cubin for sm_999");
}

TEST_F(LinkTest, WrongTextFailsAndSaysWhy)
{
    FitCompiler const fits(compiler, linker, parts);
    cuda::Compiled const compiled = fits.compile({"\n__global__ void f() { nonsense; }", "sm_90", {}, {"f"}});
    EXPECT_FALSE(compiled.is_fine());
    EXPECT_THAT(compiled.log, HasSubstr("model.cu(2): error: identifier \"nonsense\" is undefined"));
}

PlanBuilder many_components(int count, program::Precision precision)
{
    PlanBuilder builder;
    builder.line(1024, 100.0, 0.5);
    builder.options.precision = precision;
    builder.add<PowerLaw>({free_slot(500.0), free_slot(1.3), fixed_slot(-1.0), fixed_slot(0.0)});
    for (int i = 1; i < count; ++i) switch (i % 3) {
        case 0:
            builder.add<Lorentzian>({free_slot(10.0), free_slot(3.0), free_slot(100.0 + 40.0 * i)});
            break;
        case 1:
            builder.add<GaussianHF>({free_slot(10.0), free_slot(3.0), free_slot(100.0 + 40.0 * i)});
            break;
        default:
            builder.add<Erf>({free_slot(4.0), free_slot(1.5), free_slot(100.0 + 40.0 * i)});
        }
    return builder;
}

TEST_F(LinkTest, TheSecondCompilationOfAModelIsRead)
{
    FitCompiler const fits(compiler, linker, parts);
    auto const compile = [&](cuda::CompileRequest const& request) { return fits.compile(request); };
    for (auto const& [precision, name] :
         {std::pair{program::Precision::float64, "float64"}, std::pair{program::Precision::mixed, "mixed"}})
        for (int const count : {1, 3, 10}) {
            TemporaryFolder const folder;
            PlanBuilder builder = many_components(count, precision);
            cuda::CompileRequest const request = request_of(builder, "sm_90");
            cuda::CubinCache first(folder.path(), fits.identity(), compile);
            cuda::CachedProgram const made = first.get_or_compile(request);
            expect_linked(*made.compiled, "sm_90");
            EXPECT_EQ(made.source, cuda::Source::compiler);

            cuda::CubinCache later(folder.path(), fits.identity(), compile);
            cuda::CachedProgram const read = later.get_or_compile(request);
            EXPECT_EQ(read.source, cuda::Source::disk);
            EXPECT_EQ(read.compiled->code, made.compiled->code);
            EXPECT_EQ(read.compiled->names, made.compiled->names);
            std::cout << count << " components, " << name << ": compiled in " << made.seconds << " s, read in "
                      << read.seconds << " s, " << made.compiled->code.size() << " bytes\n";
        }
}

/// What ptxas says of each kernel of a text: "probe_float: 0 bytes spill stores, ..., Used 55 registers".
std::vector<std::string> kernel_resources(std::string const& log)
{
    std::vector<std::string> found;
    std::istringstream lines(log);
    bool is_kernel = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("Compiling entry function") != std::string::npos) {
            is_kernel = true;
            found.push_back(line.substr(line.find('\'')));
        } else if (line.find("Function properties") != std::string::npos) {
            is_kernel = is_kernel && line.find(found.back().substr(1, 5)) != std::string::npos;
        } else if (is_kernel && (line.find("spill") != std::string::npos || line.find("Used") != std::string::npos)) {
            found.back() += ", " + line.substr(line.find_first_of("0123456789U"));
        }
    }
    return found;
}

// As kernels of their own: a function also saves what its caller keeps in registers, which ptxas counts as spills.
TEST_F(LinkTest, PassesOfUpToTwelveParametersDoNotSpill)
{
    for (int const peaks : {1, 2, 3, 4})
        for (bool const has_law : {false, true}) {
            PlanBuilder builder;
            builder.line(1024, 100.0, 0.5);
            builder.options.precision = program::Precision::mixed;
            if (has_law) builder.add<PowerLaw>({free_slot(500.0), free_slot(1.3), fixed_slot(-1.0), fixed_slot(0.0)});
            for (int i = has_law ? 1 : 0; i < peaks; ++i)
                builder.add<Gaussian>({free_slot(10.0), free_slot(3.0), free_slot(100.0 + 40.0 * i)});
            std::string text = cuda::generate_kernel(builder.view(), "Model");
            for (std::string const real : {"float", "double"})
                text += "extern \"C\" __global__ void probe_" + real + "(warpfit::cuda::LinkedPass<" + real +
                        "> const* pass, double* total)\n{\n    warpfit::cuda::products_of<warpfit::generated::Model<" +
                        real + ">>(*pass, total);\n}\n";
            for (char const* architecture : {"sm_75", "sm_90"}) {
                SCOPED_TRACE(::testing::Message()
                             << peaks << " terms, " << builder.view().num_free << " free, " << architecture);
                cuda::Compiled const compiled = compiler.compile(
                    {text, architecture, {"--relocatable-device-code=true", "-DWARPFIT_LINKED", "--ptxas-options=-v"}});
                ASSERT_TRUE(compiled.is_fine()) << compiled.log;
                std::vector<std::string> const resources = kernel_resources(compiled.log);
                ASSERT_EQ(resources.size(), 2U) << compiled.log;
                for (std::string const& kernel : resources) {
                    EXPECT_THAT(kernel, HasSubstr("0 bytes spill stores, 0 bytes spill loads"));
                    EXPECT_THAT(kernel, HasSubstr("registers"));
                    std::cout << builder.view().num_free << " free, " << kernel << "\n";
                }
            }
        }
}

}  // namespace
}  // namespace warpfit::testing
