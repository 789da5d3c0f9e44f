"""The model of a warpfit model file in HyperSpy: its components, start values, bounds, channels and weights."""
import numpy as np

CONSTRUCTOR_KEYS = ("type", "name", "order", "expression", "module", "parameters", "element_subshell",
                    "fine_structure_active", "fine_structure_width", "fine_structure_smoothing")


def component_of(hs, entry, dimension):
    kind = entry["type"]
    components = hs.model.components1D if dimension == 1 else hs.model.components2D
    if kind == "Expression":
        return components.Expression(expression=entry["expression"], name=entry["name"],
                                     module=entry.get("module", "numpy"))
    if kind == "Plane":  # HyperSpy has none
        return components.Expression(expression="offset + slope_x*x + slope_y*y", name=entry["name"])
    if kind == "Polynomial":
        return components.Polynomial(order=entry["order"], legacy=False)
    if kind == "EELSCLEdge":
        return components.EELSCLEdge(entry["element_subshell"], GOS="hydrogenic")
    return getattr(components, kind)()


def set_parameter(parameter, value):
    value = value if isinstance(value, dict) else {"start": value}
    for end, attribute in (("min", "bmin"), ("max", "bmax")):
        if end in value:
            setattr(parameter, attribute, None if np.isinf(float(value[end])) else float(value[end]))
    parameter.value = value["start"]
    parameter.free = value.get("free", True)


def is_bounded(description):
    """Whether the file has a finite bound: multifit needs bounded=True then."""
    values = [v for c in description["component"] for v in list(c.values()) + list(c.get("parameters", {}).values())]
    return any(np.isfinite(float(v[end])) for v in values if isinstance(v, dict) for end in ("min", "max") if end in v)


def hyperspy_model(hs, signal, low_loss, description, kept, variance):
    """Every pixel at the start values. The signal's variance becomes `variance`; kept says which channels count."""
    dimension = signal.axes_manager.signal_dimension
    if np.ptp(variance) == 0:
        signal.set_noise_variance(float(variance.flat[0]) if description["data"]["variance"] != "none" else None)
    else:
        noise = signal._deepcopy_with_new_data(variance.reshape(signal.data.shape))
        signal.set_noise_variance(noise)
    eels = signal.metadata.Signal.signal_type == "EELS"
    model = (signal.create_model(auto_background=False, auto_add_edges=False, ll=low_loss) if eels
             else signal.create_model())
    while len(model):  # an EDS signal brings components of its own
        model.remove(model[0])
    for entry in description["component"]:
        component = component_of(hs, entry, dimension)
        component.name = entry["name"]
        model.append(component)
        values = {k: v for k, v in entry.items() if k not in CONSTRUCTOR_KEYS}
        for name, value in {**values, **entry.get("parameters", {})}.items():
            set_parameter(getattr(component, name), value)
        if entry.get("fine_structure_active"):
            component.fine_structure_smoothing = entry["fine_structure_smoothing"]
            component.fine_structure_width = entry["fine_structure_width"]
            component.fine_structure_active = True
            component.fine_structure_coeff.free = True
    model.channel_switches = kept.copy()
    model.assign_current_values_to_all()
    return model
