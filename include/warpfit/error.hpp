#pragma once

#include <stdexcept>
#include <string>

namespace warpfit {

/// Base of everything warpfit throws. The text reads "problem (why) suggestion".
class Error : public std::runtime_error
{
  public:
    using std::runtime_error::runtime_error;
};

/// A call or a model that cannot be meant: unknown name, wrong shape, value out of bounds.
class InvalidArgument : public Error
{
  public:
    using Error::Error;
};

/// Data that cannot be read: missing, truncated, corrupt, of an unknown format. Names the file.
class InputError : public Error
{
  public:
    using Error::Error;
};

/// A result that cannot be written: full disk, no permission. Names the file.
class WriteError : public Error
{
  public:
    using Error::Error;
};

/// Memory of the device or the host does not suffice.
class OutOfMemory : public Error
{
  public:
    using Error::Error;
};

/// No device, or a lost one.
class DeviceError : public Error
{
  public:
    using Error::Error;
};

}  // namespace warpfit
