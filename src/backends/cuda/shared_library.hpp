#pragma once

#include <string>

namespace warpfit::cuda {

/// A library of NVIDIA's, opened at run time; it stays loaded, for they forget some of their memory when they go.
class SharedLibrary
{
  public:
    explicit SharedLibrary(std::string const& name);

    bool is_open() const noexcept { return handle_ != nullptr; }

    /// False: it has no such function.
    template<class F>
    bool find(char const* name, F& function) const
    {
        function = reinterpret_cast<F>(symbol(name));
        return function != nullptr;
    }

    /// Name and size of the file that holds a function: its version does not tell 13.0.48 from 13.0.88.
    static std::string file_of(void const* function);

  private:
    void* symbol(char const* name) const;

    void* handle_;
};

}  // namespace warpfit::cuda
