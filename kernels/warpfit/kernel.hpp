#pragma once

// What the header of a functor of one's own includes (kernels/core/functor.hpp says what such a header holds).

#include "kernels/core/component.hpp"
#include "kernels/core/faddeeva.hpp"
#include "kernels/core/functor.hpp"
#include "kernels/core/gamma.hpp"
#include "kernels/core/math.hpp"
