"""What a figure was measured on, for the Python benches."""
import datetime
import os


def _value(key):
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith(key):
                return line.split(": ", 1)[1].strip()
    return "not readable"


def describe():
    return {"date": datetime.date.today().isoformat(), "cpu": _value("model name"),
            "cpu family, model": _value("cpu family") + ", " + _value("model\t"), "clock_mhz": _value("cpu MHz"),
            "logical_cpus": os.cpu_count(), "load_average": "%.2f %.2f %.2f" % os.getloadavg()}
