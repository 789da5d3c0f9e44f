#pragma once

#include "kernels/core/math.hpp"
#include "kernels/core/team.hpp"
#include "kernels/program/plan.hpp"
#include "kernels/solver/linear.hpp"
#include "kernels/solver/lm_data.hpp"
#include "kernels/solver/packed.hpp"

/// Levenberg-Marquardt for one pixel, as steps between passes over the channels. The caller owns the passes:
///
///   begin(start); pass(q) -> trial sums; start();
///   while (running) { propose(); pass(q) -> trial sums; if (correct()) pass(q) -> trial sums; judge(); }
///   value pass at q for the lanes that are done; finish();
///
/// With SIMD lanes as Real each lane is a pixel of its own; what one lane does never depends on another.
/// With a team, arrays are shared and scalars are equal in all members.
///
/// Method: Marquardt scaling by diag(J'WJ), gain-ratio damping (Nielsen 1999), bounds by projection with an active set,
/// stop on the predicted decrease of chi2 of the *undamped* step, which is then taken. A step that falls short of its
/// prediction is corrected in the parameters in which the model is linear, where the sums at the trial say exactly
/// where the optimum lies: curved valleys between an amplitude and an exponent are left in a few steps.
///
/// After a rejection a step changes no parameter in which the model is bent by more than half of itself, until five
/// steps have done what they foretold, or foretold too little to be seen: a width or a decay that leaps over decades,
/// or through zero, lands where the model has no shape left (NIST's MGH10, MGH17, Eckerle4 and BoxBOD from their far
/// starts).
///
/// A start whose amplitudes are off by orders of magnitude says nothing about shapes: the first step then moves the
/// linear parameters alone, where these can take nearly all of chi2 away.
///
/// Where a step brings an amplitude to zero, nothing depends on its component's shape there: if the new shape has no
/// use for an amplitude, the old one stays, for a later step to find a use for it.
///
/// Near the end, a step after one that did what it foretold goes undamped: the last step then needs no second solve. A
/// rejection ends that.
///
/// J'WJ is not the whole curvature of chi2: where the model does not describe the data (large residuals, bent in the
/// parameters) its steps fall short or overshoot for ever. A fit that is not done after slow_after steps therefore
/// learns the rest from the change of the gradient (secant update of Dennis, Gay and Welsch 1981, NL2SOL) and uses it
/// as long as it foretells chi2 better.
namespace warpfit::solver {

/// Count: int, or Fixed where the number of free parameters is known to the compiler.
template<class Real, Team T, class Count = int>
class Lm
{
  public:
    using Mask = math::MaskOf<Real>;

    /// bmin, bmax: [P], shared by all lanes. excluded: [P] non-zero: does not take part (its component is switched off
    /// here); null: all do. linear: [P] non-zero: the model is linear in all of these jointly; null: none.
    WARPFIT_HD Lm(T const& team, Count num_free, LmArrays<Real> const& arrays, double const* bmin, double const* bmax,
                  unsigned char const* linear, unsigned char const* excluded, LmOptions const& options)
        : team_(team)
        , P_(num_free)
        , a_(arrays)
        , bmin_(bmin)
        , bmax_(bmax)
        , linear_(linear)
        , excluded_(excluded)
        , options_(options)
    {}

    /// Lanes of `fresh` take the sums in trial, made at q, as those of their start; others are left alone.
    /// energy: sum of w y^2. Returns the lanes whose chi2 is finite; the others are a bad start.
    WARPFIT_HD Mask start(Mask const& fresh, Real const& energy)
    {
        Mask const good = enter(fresh, energy);
        take(fresh);
        return good;
    }

    /// start() without taking the sums: judge() does that for both kinds of lanes.
    WARPFIT_HD Mask enter(Mask const& fresh, Real const& energy)
    {
        Mask const good = math::is_finite(a_.trial[packed(P_, P_)]);
        lambda_ = math::select(fresh, Real(1e-3), lambda_);
        growth_ = math::select(fresh, Real(2), growth_);
        energy_ = math::select(fresh, energy, energy_);
        iterations_ = math::select(fresh, Real(0), iterations_);
        predicted_ = math::select(fresh, a_.trial[packed(P_, P_)], predicted_);
        known_ = math::select(fresh, Real(0), known_);
        used_ = math::select(fresh, Real(0), used_);
        trust_ = math::select(fresh, Real(0), trust_);
        wary_ = math::select(fresh, Real(0), wary_);
        return good;
    }

    /// Computes the next trial q of the lanes of `active` from p and its sums. Returns those that are done: q is what
    /// they report.
    WARPFIT_HD Mask propose(Mask const& active)
    {
        Real const chi2 = a_.sums[packed(P_, P_)];
        Real const floor = Real(options_.noise * options_.noise) * energy_;
        Real const enough = Real(options_.tolerance) * chi2 + floor;
        Real const before = predicted_;
        Mask const full = (trust_ > Real(0)) & (used_ <= Real(0));
        Real damping = math::select(full, Real(0), lambda_);
        Real const predicted = choose_step(active, full, damping);
        undamped_ = math::select(active, math::select(damping > Real(0), Real(0), Real(1)), undamped_);
        predicted_ = math::select(active, predicted, predicted_);
        Mask const small = active & (predicted <= enough);
        Mask tiny = active;
        for (int i = 0; i < P_; ++i) tiny = tiny & (math::abs(a_.step[i]) <= Real(options_.step) * math::abs(a_.p[i]));
        Mask const lost = active & (lambda_ >= Real(most_damping));
        Mask done = tiny | lost;

        for (int i = team_.rank(); i < P_; i += team_.size()) a_.q[i] = math::select(active, projected(i), a_.q[i]);
        if (math::any(small)) {
            Mask const damped = small & (damping > Real(0));
            Real undamped = predicted;
            if (math::any(damped)) {
                team_.sync();
                undamped = solve_step(Real(0));
            }
            // What this step leaves, if the decreases go on shrinking as they do: nothing that matters either.
            Mask const shrinks = before > undamped;
            Real const left = math::select(shrinks, undamped * (undamped / before), undamped);
            Mask const settled = left <= Real(options_.remainder) * chi2 + floor;
            // The box may cut a step down to nothing although there is somewhere to go: what counts is the step before.
            Mask const stays_down = undamped >= Real(0);
            Mask const bent = (used_ > Real(0)) & ((!stays_down) | lost_pivot());
            Mask const flat = small & (uncut_ <= enough) & settled & !bent;
            for (int i = team_.rank(); i < P_; i += team_.size()) a_.q[i] = math::select(flat, projected(i), a_.q[i]);
            predicted_ = math::select(flat, undamped, predicted_);
            done = done | flat;
        }
        team_.sync();
        return done;
    }

    /// Where the trial fell short of its prediction although its linear parameters could have made up for it, moves q
    /// there; where it brought an amplitude to zero, gives q the shape of p. Returns the lanes that need a pass at the
    /// new q before judge().
    WARPFIT_HD Mask correct(Mask const& running)
    {
        if (!linear_) return Real(1) < Real(0);
        Mask const corrected = correct_linear(running);
        return corrected | keep_shapes(running & !corrected);
    }

    /// Accepts or rejects the trial of the running lanes; takes that of `fresh`, which have entered. Returns the lanes
    /// that reached max_iterations.
    WARPFIT_HD Mask judge(Mask const& running, Mask const& fresh = Real(1) < Real(0))
    {
        Real const chi2 = a_.sums[packed(P_, P_)];
        Real const trial = a_.trial[packed(P_, P_)];
        Mask finite = math::is_finite(trial);
        for (int i = 0; i < P_; ++i) finite = finite & math::is_finite(a_.trial[packed(i, i)]);
        Mask const accepted = running & finite & (trial < chi2);
        Mask const rejected = running & !accepted;

        // rho = actual / predicted decrease; lambda *= max(1/10, 0.7 (1 - (2 rho - 1)^3))
        Real const rho = (chi2 - trial) / predicted_;
        Real const t = Real(2) * rho - Real(1);
        Real const relaxed = lambda_ * math::min(math::max(Real(0.1), Real(0.7) * (Real(1) - t * t * t)), Real(2));
        lambda_ = math::select(accepted, math::max(relaxed, Real(1e-12)), lambda_);
        lambda_ = math::select(rejected, lambda_ * growth_, lambda_);
        growth_ = math::select(accepted, Real(2), math::select(rejected, Real(2) * growth_, growth_));
        Mask const as_foretold = math::abs(rho - Real(1)) < Real(0.25);
        Mask const reassured = accepted & as_foretold;
        // Decreases near the rounding of chi2 tell nothing.
        Mask const telling = running & (predicted_ > Real(1e3 * options_.noise) * chi2);
        Mask const warned = rejected & telling;
        Mask const calmer = reassured | (rejected & !telling);
        wary_ = math::select(calmer, math::max(wary_ - Real(1), Real(0)), wary_);
        wary_ = math::select(warned, Real(wary_for), wary_);
        Mask const settling = (predicted_ < Real(0.25) * trial) & as_foretold;
        Mask const foretold = accepted & telling & settling & (trust_ >= Real(0));
        Mask const misled = telling & rejected & (undamped_ > Real(0));
        Mask const doubted = rejected | telling;
        trust_ = math::select(doubted, math::min(trust_, Real(0)), trust_);
        trust_ = math::select(foretold, Real(1), trust_);
        trust_ = math::select(misled, Real(-1), trust_);
        lambda_ = math::min(lambda_, Real(most_damping));
        growth_ = math::min(growth_, Real(most_damping));
        iterations_ = math::select(running, iterations_ + Real(1), iterations_);
        team_.sync();
        Mask const taken = accepted | fresh;
        if (!options_.learns) {
            take(taken);
        } else {
            Mask const slow = accepted & (iterations_ > Real(slow_after));
            // A smaller decrease is too near to rounding to tell a curvature.
            Mask const bends = slow & (predicted_ > Real(1e-12) * chi2);
            if (math::any(bends)) learn(bends);
            take(taken);
            if (math::any(slow)) use_rest(slow);
        }
        return running & (iterations_ >= Real(options_.max_iterations));
    }

    /// The lanes whose last step is short enough for what it foretells to hold without a look at chi2 there: a tenth of
    /// each parameter, or little of what chi2 leaves undecided. A step along a direction that the data do not determine
    /// foretells next to nothing however far it goes.
    WARPFIT_HD Mask foreseeable() const
    {
        Mask near = lambda_ < Real(most_damping);
        Real const little = Real(0.01) * math::sqrt(chi2());
        for (int i = 0; i < P_; ++i) {
            Real const moved = math::abs(a_.q[i] - a_.p[i]);
            Mask const is_near = (moved <= Real(0.1) * math::abs(a_.p[i])) | (moved <= little * a_.scale[i]);
            near = near & is_near;
        }
        return near;
    }

    /// What is reported of the lanes that are done: q where its chi2 (of a value pass) is no worse than that of p, else
    /// p. Returns the chi2 reported.
    WARPFIT_HD Real settle(Real const& value)
    {
        Real const chi2 = a_.sums[packed(P_, P_)];
        Mask const better = math::is_finite(value) & (value <= chi2);
        team_.sync();
        for (int i = team_.rank(); i < P_; i += team_.size()) a_.q[i] = math::select(better, a_.q[i], a_.p[i]);
        team_.sync();
        return math::select(better, value, chi2);
    }

    /// Diagonal of the inverse of the last J'WJ with the parameters held at q left out: variances [P] for unit chi2. 0
    /// for held, infinite for undetermined ones. Returns the lanes where the matrix is singular. Of the lanes of
    /// `ended` alone; the others may go on.
    WARPFIT_HD Mask covariance(Mask const& ended, Real* variances, Real* scratch)
    {
        Mask const bent = ended & (used_ > Real(0));
        if (math::any(bent)) forget(bent);
        set_held(a_.q);
        Mask const damped = ended & (solved_with_ != Real(0));
        if (options_.bounded || careful_ || math::any(bent) || math::any(damped)) {
            build(Real(0));
            factorize(team_, P_, a_.matrix, a_.inv_pivot, Real(options_.dependent), Real(0));
        }
        for (int i = team_.rank(); i < P_; i += team_.size()) {
            Mask const lost = a_.inv_pivot[i] <= Real(0);
            a_.inv_pivot[i] = math::select(lost, Real(undetermined), a_.inv_pivot[i]);
        }
        team_.sync();
        inverse_diagonal(team_, P_, a_.matrix, a_.inv_pivot, variances, scratch);
        Mask singular = Real(1) < Real(0);
        for (int i = 0; i < P_; ++i) {
            Mask const is_open = a_.open[i] > Real(0);
            Mask const lost = is_open & ((variances[i] >= Real(lost_beyond)) | (a_.scale[i] <= Real(0)));
            singular = singular | lost;
        }
        team_.sync();
        for (int i = team_.rank(); i < P_; i += team_.size()) {
            Mask const is_open = a_.open[i] > Real(0);
            Mask const lost = (variances[i] >= Real(lost_beyond)) | (a_.scale[i] <= Real(0));
            Real const s = a_.scale[i];
            Real const v = math::select(lost, Real(no_value), variances[i] * s * s);
            variances[i] = math::select(is_open, v, Real(0));
        }
        team_.sync();
        return singular;
    }

    /// Correlation coefficients of pairs of parameters, after covariance() and with its variances: write(k, coefficient
    /// of pairs[k]), by one member of the team. 0 where one of the two is held or undetermined.
    template<class Write>
    WARPFIT_HD void correlations(program::Pair const* pairs, int num_pairs, Real const* variances, Write const& write)
    {
        for (int k = 0; k < num_pairs;) {
            int const first = pairs[k].first;
            for (int i = team_.rank(); i < P_; i += team_.size()) a_.rhs[i] = Real(i == first ? 1 : 0);
            solve(team_, P_, a_.matrix, a_.inv_pivot, a_.rhs);
            for (; k < num_pairs && pairs[k].first == first; ++k) {
                if (team_.rank() != 0) continue;
                int const second = pairs[k].second;
                Real const covariance = a_.rhs[second] * a_.scale[first] * a_.scale[second];
                Real const norm = math::sqrt(variances[first]) * math::sqrt(variances[second]);
                Real const coefficient = covariance / norm;
                Mask const is_defined = math::is_finite(norm) & math::is_finite(coefficient);
                write(k, math::select(is_defined, math::max(math::min(coefficient, Real(1)), Real(-1)), Real(0)));
            }
            team_.sync();
        }
    }

    /// 1 where parameter i is held at a bound at q by a gradient that points outwards, else 0 (after covariance()).
    WARPFIT_HD Real held(int i) const { return Real(1) - a_.open[i]; }
    WARPFIT_HD Real predicted() const { return predicted_; }
    WARPFIT_HD Real chi2() const { return a_.sums[packed(P_, P_)]; }
    WARPFIT_HD Real iterations() const { return iterations_; }

  private:
    static constexpr double undetermined = 1e24;  // stands for 1 / 0 among pivots
    static constexpr double lost_beyond = 1e15;   // variances on the unit-diagonal scale
    static constexpr double no_value = __builtin_bit_cast(double, 0x7ff0000000000000ull);
    static constexpr double most_damping = 1e16;  // every step is lost in rounding by then
    static constexpr double slow_after = 6.0;     // steps: most fits are done before
    static constexpr double wary_for = 5.0;       // steps as foretold that make up for a rejected one
    static constexpr double wary_reach = 0.5;     // of a parameter

    static constexpr double far_off = 0.9;      // of an amplitude: a first step this large doubts its magnitude
    static constexpr double nearly_all = 0.99;  // of chi2

    WARPFIT_HD Real lower(int i) const { return Real(bmin_[i]); }
    WARPFIT_HD Real upper(int i) const { return Real(bmax_[i]); }

    /// p + step, inside the bounds; exactly on the bound where the step ends there.
    WARPFIT_HD Real projected(int i) const
    {
        Real const moved = a_.p[i] + a_.step[i];
        return options_.bounded ? math::min(math::max(moved, lower(i)), upper(i)) : moved;
    }

    /// Farthest values of parameter i that a step from p may end on.
    WARPFIT_HD Real least(int i) const
    {
        Real const side = options_.bounded ? lower(i) : Real(-no_value);
        return careful_ ? math::max(side, a_.p[i] - reach(i)) : side;
    }
    WARPFIT_HD Real most(int i) const
    {
        Real const side = options_.bounded ? upper(i) : Real(no_value);
        return careful_ ? math::min(side, a_.p[i] + reach(i)) : side;
    }
    WARPFIT_HD Real reach(int i) const
    {
        Mask const short_of = (wary_ > Real(0)) & (a_.p[i] != Real(0));
        bool const straight = linear_ && linear_[i];
        return straight ? Real(no_value)
                        : math::select(short_of, Real(wary_reach) * math::abs(a_.p[i]), Real(no_value));
    }

    WARPFIT_HD bool is_linear(int i) const { return linear_[i] && !(excluded_ && excluded_[i]); }

    /// Fills step[] with what propose() tries; returns the decrease of chi2 that it predicts. full: goes undamped.
    WARPFIT_HD Real choose_step(Mask const& active, Mask const& full, Real& damping)
    {
        Mask straight = Real(1) < Real(0);
        Real predicted = Real(0);
        for (int round = 0; round < 3; ++round) {
            predicted = solve_step(damping, straight);
            if (round > 0) {
                Mask const in_vain = straight & !is_sound(predicted);
                if (!math::any(in_vain)) break;
                team_.sync();
                damping = math::select(in_vain, lambda_, damping);
                straight = straight & !in_vain;
                continue;
            }
            Mask const falls = predicted > Real(0);
            Mask const astray = active & (used_ > Real(0)) & ((!falls) | lost_pivot());
            // An undamped step that the box cuts down may foretell no decrease at all.
            Mask const vain = active & full & !falls;
            straight = active & is_far_off();
            Mask const again = astray | vain | straight;
            if (!math::any(again)) break;
            team_.sync();
            if (math::any(astray)) forget(astray);
            damping = math::select(vain, lambda_, math::select(straight, Real(0), damping));
        }
        if (math::any(straight)) solved_with_ = math::select(straight, Real(1), solved_with_);  // without the shapes
        return predicted;
    }

    /// The lanes at their start whose step takes nearly all of chi2 away and changes magnitudes beyond what it can know
    /// about shapes.
    WARPFIT_HD Mask is_far_off() const
    {
        Mask off = Real(1) < Real(0);
        if (!linear_) return off;
        Mask const first = (iterations_ <= Real(0)) & (uncut_ >= Real(nearly_all) * a_.sums[packed(P_, P_)]);
        if (!math::any(first)) return first;
        for (int i = 0; i < P_; ++i)
            if (is_linear(i)) off = off | (math::abs(a_.step[i]) >= Real(far_off) * math::abs(a_.p[i]));
        return first & off;
    }

    /// The lanes in which a step of the linear parameters alone takes nearly all of chi2 away, brings none of them to
    /// zero, and does not let shapes that are nearly alike cancel out with magnitudes beyond all measure.
    WARPFIT_HD Mask is_sound(Real const& predicted) const
    {
        Real const chi2 = a_.sums[packed(P_, P_)];
        Mask sound = predicted >= Real(nearly_all) * chi2;
        for (int i = 0; linear_ && i < P_; ++i) {
            if (!is_linear(i)) continue;
            Mask const fits_in = a_.step[i] * a_.step[i] * a_.sums[packed(i, i)] <= Real(4) * chi2;
            Mask const stays = (projected(i) != Real(0)) | (a_.p[i] == Real(0));
            sound = sound & fits_in & stays;
        }
        return sound;
    }

    /// Moves q in the lanes where the linear parameters, solved for at the trial, make up for what it fell short of.
    WARPFIT_HD Mask correct_linear(Mask const& running)
    {
        Mask const none = Real(1) < Real(0);
        Real const chi2 = a_.sums[packed(P_, P_)];
        Real const trial = a_.trial[packed(P_, P_)];
        Real const fallen = chi2 - trial;
        Mask const wanted =
            running & math::is_finite(trial) & (predicted_ > Real(1e-8) * chi2) & (fallen < Real(0.75) * predicted_);
        if (!math::any(wanted)) return none;

        for (int i = team_.rank(); i < P_; i += team_.size()) {
            Real const d = a_.trial[packed(i, i)];
            Mask const there = (d > Real(0)) & math::is_finite(d);
            a_.open[i] = is_linear(i) ? math::select(there, Real(1), Real(0)) : Real(0);
            a_.rhs[i] = math::select(there, Real(1) / math::sqrt(math::select(there, d, Real(1))), Real(0));
        }
        team_.sync();
        for (int i = team_.rank(); i < P_; i += team_.size()) {
            Real const row = a_.open[i] * a_.rhs[i];
            for (int j = 0; j < i; ++j) a_.matrix[packed(i, j)] = row * a_.open[j] * a_.rhs[j] * a_.trial[packed(i, j)];
            a_.matrix[packed(i, i)] = Real(1);
            a_.step[i] = row * a_.trial[packed(P_, i)];
        }
        factorize(team_, P_, a_.matrix, a_.inv_pivot, Real(options_.dependent), Real(0));
        solve(team_, P_, a_.matrix, a_.inv_pivot, a_.step);
        solved_with_ = Real(1);  // matrix is not that of a step any more
        Real gain = Real(0);
        Mask inside = wanted;
        for (int i = 0; i < P_; ++i) {
            Real const step = a_.step[i] * a_.rhs[i] * a_.open[i];
            gain = gain + step * a_.trial[packed(P_, i)];
            Real const to = a_.q[i] + step;
            if (options_.bounded) {
                Mask const in = (to >= lower(i)) & (to <= upper(i));
                inside = inside & in;
            }
        }
        Mask const worth =
            inside & (gain > Real(0)) & (fallen + gain > Real(0)) & (fallen < Real(0.75) * (fallen + gain));
        team_.sync();
        for (int i = team_.rank(); i < P_; i += team_.size())
            a_.q[i] = math::select(worth, a_.q[i] + a_.step[i] * a_.rhs[i] * a_.open[i], a_.q[i]);
        team_.sync();
        return worth;
    }

    /// Where the trial brought a linear parameter to zero and columns vanished by that, gives q the value of p in
    /// these, unless that is on a bound: a corner of the box is no shape worth keeping. Returns the lanes where q
    /// changed.
    WARPFIT_HD Mask keep_shapes(Mask const& running)
    {
        Mask zeroed = Real(1) < Real(0);
        if (!options_.bounded) return zeroed;
        for (int i = 0; i < P_; ++i)
            if (is_linear(i)) zeroed = zeroed | ((a_.q[i] == Real(0)) & (a_.p[i] != Real(0)));
        zeroed = zeroed & running;
        Mask changed = Real(1) < Real(0);
        if (!math::any(zeroed)) return changed;
        for (int i = 0; i < P_; ++i)
            if (!linear_[i]) changed = changed | has_lost_shape(zeroed, i);
        team_.sync();
        for (int i = team_.rank(); i < P_; i += team_.size())
            if (!linear_[i]) a_.q[i] = math::select(has_lost_shape(zeroed, i), a_.p[i], a_.q[i]);
        team_.sync();
        return changed;
    }

    /// The lanes of mask where the trial moved parameter i off a place inside its bounds and its column vanished.
    WARPFIT_HD Mask has_lost_shape(Mask const& mask, int i) const
    {
        Mask const gone = (a_.trial[packed(i, i)] == Real(0)) & (a_.sums[packed(i, i)] > Real(0));
        Mask const inside = (a_.p[i] > lower(i)) & (a_.p[i] < upper(i));
        return mask & gone & inside & (a_.q[i] != a_.p[i]);
    }

    /// Moves trial to accepted in the lanes of mask.
    WARPFIT_HD void take(Mask const& mask)
    {
        if (!math::any(mask)) return;
        for (int i = team_.rank(); i < P_; i += team_.size()) a_.p[i] = math::select(mask, a_.q[i], a_.p[i]);
        for (int k = team_.rank(); k < sums_size(P_); k += team_.size())
            a_.sums[k] = math::select(mask, a_.trial[k], a_.sums[k]);
        solved_with_ = math::select(mask, Real(1), solved_with_);
        team_.sync();
        rescale();
    }

    WARPFIT_HD void rescale()
    {
        for (int i = team_.rank(); i < P_; i += team_.size()) {
            Real const diagonal = a_.sums[packed(i, i)];
            Mask const there = diagonal > Real(0);
            a_.scale[i] = math::select(there, Real(1) / math::sqrt(math::select(there, diagonal, Real(1))), Real(0));
        }
        team_.sync();
    }

    /// Updates the rest of the curvature of the lanes of mask from the step p -> q just judged, and decides by how well
    /// chi2 was foretold with and without it whether it is used. Sums and trial are those of p and q.
    WARPFIT_HD void learn(Mask const& mask)
    {
        Real* const gradient = a_.rhs;    // change of the gradient of chi2 / 2
        Real* const unknown = a_.step;    // of it what J'WJ does not say
        Real* const said = a_.inv_pivot;  // of it what the rest says
        for (int i = team_.rank(); i < P_; i += team_.size()) {
            Real normal = Real(0);
            Real rest = Real(0);
            for (int j = 0; j < P_; ++j) {
                int const k = packed_symmetric(i, j);
                Real const moved = a_.q[j] - a_.p[j];
                normal = normal + a_.trial[k] * moved;
                rest = rest + math::select(known_ > Real(0), a_.rest[k], Real(0)) * moved;
            }
            gradient[i] = a_.sums[packed(P_, i)] - a_.trial[packed(P_, i)];
            unknown[i] = gradient[i] - normal;
            said[i] = rest;
        }
        team_.sync();
        Real along = Real(0);    // of the step: change of the gradient
        Real missing = Real(0);  // what of it J'WJ did not say
        Real before = Real(0);   // what the rest said
        for (int i = 0; i < P_; ++i) {
            Real const moved = a_.q[i] - a_.p[i];
            along = along + moved * gradient[i];
            missing = missing + moved * unknown[i];
            before = before + moved * said[i];
        }
        Real const fallen = a_.sums[packed(P_, P_)] - a_.trial[packed(P_, P_)];
        Real const without = math::select(used_ > Real(0), predicted_ + before, predicted_);
        Mask const better = (known_ <= Real(0)) | (math::abs(fallen - without + before) <= math::abs(fallen - without));
        // A rest that says more along this step than there is shrinks first.
        Mask const says = math::abs(before) > math::abs(missing);
        Real const shrink =
            math::select(says, math::abs(missing) / math::select(says, math::abs(before), Real(1)), Real(1));
        Mask const sound = mask & (along > Real(1e-6) * math::abs(along - missing));
        Real const inverse = math::select(sound, Real(1) / along, Real(0));
        Real const twice = (missing - shrink * before) * inverse * inverse;
        for (int i = team_.rank(); i < P_; i += team_.size()) {
            Real const v = (unknown[i] - shrink * said[i]) * inverse;
            for (int j = 0; j <= i; ++j) {
                Real const old = math::select(known_ > Real(0), a_.rest[packed(i, j)], Real(0));
                Real const w = (unknown[j] - shrink * said[j]) * inverse;
                Real const fresh = shrink * old + v * gradient[j] + gradient[i] * w - twice * gradient[i] * gradient[j];
                a_.rest[packed(i, j)] = math::select(sound, fresh, a_.rest[packed(i, j)]);
            }
        }
        Mask const use = better & (sound | (known_ > Real(0)));
        used_ = math::select(mask, math::select(use, Real(1), Real(0)), used_);
        known_ = math::select(sound, Real(1), known_);
        team_.sync();
    }

    /// Adds the rest to the sums of the lanes of mask that use it, unless a diagonal element all but vanishes by it.
    WARPFIT_HD void use_rest(Mask const& mask)
    {
        Mask wanted = mask & (used_ > Real(0));
        for (int i = 0; i < P_; ++i) {
            Real const d = a_.sums[packed(i, i)];
            Real const with = d + a_.rest[packed(i, i)];
            wanted = wanted & (with >= Real(0.1) * d) & math::is_finite(with);
        }
        used_ = math::select(mask, math::select(wanted, Real(1), Real(0)), used_);
        team_.sync();
        for (int k = team_.rank(); k < packed_size(P_); k += team_.size())
            a_.sums[k] = math::select(wanted, a_.sums[k] + a_.rest[k], a_.sums[k]);
        team_.sync();
        rescale();
    }

    /// Takes the rest out of the sums of the lanes of mask, which use it.
    WARPFIT_HD void forget(Mask const& mask)
    {
        for (int k = team_.rank(); k < packed_size(P_); k += team_.size())
            a_.sums[k] = math::select(mask, a_.sums[k] - a_.rest[k], a_.sums[k]);
        used_ = math::select(mask, Real(0), used_);
        team_.sync();
        rescale();
    }

    /// Lanes in which the last factorization met a pivot that is none.
    WARPFIT_HD Mask lost_pivot() const
    {
        Mask lost = Real(1) < Real(0);
        for (int i = 0; i < P_; ++i) lost = lost | ((a_.inv_pivot[i] <= Real(0)) & (a_.open[i] > Real(0)));
        return lost;
    }

    /// Parameters on a bound whose gradient points outwards are held. at: p, or q, where the sums at p foretell the
    /// gradient: a last step may end on a bound.
    WARPFIT_HD void set_held(Real const* at)
    {
        for (int i = team_.rank(); i < P_; i += team_.size()) {
            Real open = Real(1);
            if (options_.bounded) {
                Real downhill = a_.sums[packed(P_, i)];
                if (at != a_.p)
                    for (int j = 0; j < P_; ++j)
                        downhill = downhill - a_.sums[packed_symmetric(i, j)] * (at[j] - a_.p[j]);
                Mask const low = (at[i] <= lower(i)) & (downhill < Real(0));
                Mask const high = (at[i] >= upper(i)) & (downhill > Real(0));
                Mask const held = low | high;
                open = math::select(held, Real(0), Real(1));
            }
            if (excluded_ && excluded_[i]) open = Real(0);
            a_.open[i] = open;
            a_.step[i] = Real(0);
        }
        team_.sync();
    }

    /// The scaled, damped matrix: m_i m_j s_i s_j A_ij off the diagonal, 1 + lambda on it (1 where m_i = 0).
    WARPFIT_HD void build(Real const& lambda)
    {
        for (int i = team_.rank(); i < P_; i += team_.size()) {
            Real const row = a_.open[i] * a_.scale[i];
            for (int j = 0; j < i; ++j)
                a_.matrix[packed(i, j)] = row * a_.open[j] * a_.scale[j] * a_.sums[packed(i, j)];
            a_.matrix[packed(i, i)] = Real(1) + a_.open[i] * lambda;
        }
        team_.sync();
    }

    /// Fills step[] with the damped step, projected on the bounds and what a wary fit may reach; returns the decrease
    /// of chi2 that it predicts. Lanes of straight move the linear parameters alone.
    WARPFIT_HD Real solve_step(Real const& lambda) { return solve_step(lambda, Real(1) < Real(0)); }
    WARPFIT_HD Real solve_step(Real const& lambda, Mask const& straight)
    {
        set_held(a_.p);
        if (math::any(straight)) {
            for (int i = team_.rank(); i < P_; i += team_.size())
                if (!linear_[i]) a_.open[i] = math::select(straight, Real(0), a_.open[i]);
            team_.sync();
        }
        solved_with_ = lambda;
        careful_ = math::any(wary_ > Real(0));
        bool const boxed = options_.bounded || careful_;
        for (int round = 0; round <= P_; ++round) {
            build(lambda);
            for (int i = team_.rank(); i < P_; i += team_.size()) {
                Real g = a_.sums[packed(P_, i)];
                for (int j = 0; j < P_; ++j)
                    if (boxed) g = g - (Real(1) - a_.open[j]) * a_.sums[packed_symmetric(i, j)] * a_.step[j];
                a_.rhs[i] = a_.open[i] * a_.scale[i] * g;
            }
            factorize(team_, P_, a_.matrix, a_.inv_pivot, Real(options_.dependent), Real(0));
            solve(team_, P_, a_.matrix, a_.inv_pivot, a_.rhs);
            for (int i = team_.rank(); i < P_; i += team_.size())
                a_.step[i] = math::select(a_.open[i] > Real(0), a_.rhs[i] * a_.scale[i], a_.step[i]);
            team_.sync();
            if (round == 0) {
                uncut_ = Real(0);
                for (int i = 0; i < P_; ++i) uncut_ = uncut_ + a_.sums[packed(P_, i)] * a_.step[i];
            }
            if (!boxed) break;

            // A step that leaves the box ends on its side; the others are solved again around it.
            Mask changed = Real(1) < Real(0);
            for (int i = 0; i < P_; ++i) changed = changed | (outside(i) > Real(0));
            if (!math::any(changed)) break;
            team_.sync();
            for (int i = team_.rank(); i < P_; i += team_.size()) {
                Mask const leaves = outside(i) > Real(0);
                Real const moved = a_.p[i] + a_.step[i];
                Real const side = math::select(moved < least(i), least(i), most(i));
                a_.step[i] = math::select(leaves, side - a_.p[i], a_.step[i]);
                a_.open[i] = math::select(leaves, Real(0), a_.open[i]);
            }
            team_.sync();
        }
        Real linear = Real(0);
        Real quadratic = Real(0);
        for (int i = 0; i < P_; ++i) {
            Real row = Real(0);
            for (int j = 0; j < i; ++j) row = row + a_.sums[packed(i, j)] * a_.step[j];
            quadratic = quadratic + a_.step[i] * (Real(2) * row + a_.sums[packed(i, i)] * a_.step[i]);
            linear = linear + a_.sums[packed(P_, i)] * a_.step[i];
        }
        return Real(2) * linear - quadratic;
    }

    WARPFIT_HD Real outside(int i) const
    {
        Real const moved = a_.p[i] + a_.step[i];
        Mask const out = (moved < least(i)) | (moved > most(i));
        return math::select(out, a_.open[i], Real(0));
    }

    T team_;
    [[no_unique_address]] Count P_;
    LmArrays<Real> a_;
    double const* bmin_;
    double const* bmax_;
    unsigned char const* linear_;
    unsigned char const* excluded_;
    LmOptions options_;
    Real lambda_ = Real(1e-3);
    Real growth_ = Real(2);
    Real energy_ = Real(0);
    Real iterations_ = Real(0);
    Real predicted_ = Real(0);
    Real known_ = Real(0);  ///< 1: there is a rest
    Real used_ = Real(0);   ///< 1: sums hold it
    /// 1: the last step did what it foretold, the next goes undamped; -1: that went wrong once, never again.
    Real trust_ = Real(0);
    Real wary_ = Real(0);         ///< > 0: as many steps as foretold until parameters may leap again
    Real undamped_ = Real(0);     ///< 1: the last step was undamped
    Real solved_with_ = Real(1);  ///< damping of the factors in matrix; 1 where they are not those of the sums
    Real uncut_ = Real(0);        ///< decrease that the last undamped step predicts before the bounds cut it
    bool careful_ = false;        ///< in some lane wary_ > 0
};

}  // namespace warpfit::solver
