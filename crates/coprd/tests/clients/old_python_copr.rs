//! python-copr of 2016 to 2021, which speaks versions 1 and 2: every public method, by `driver_v1.py` and `driver_v2.py`.

use crate::python_copr::drive;
use copr_testkit::{LAST_WITH_V1, LAST_WITH_V2, OF_2016, OF_2016_ON_OLD_PYTHON};

#[test]
fn every_method_of_python_copr_1_63_works() {
    drive(&OF_2016, &["driver_v1.py", "driver_v2.py"]);
}

#[test]
fn every_method_of_python_copr_1_63_works_on_a_python_of_its_time() {
    if OF_2016_ON_OLD_PYTHON.is_made() {
        drive(&OF_2016_ON_OLD_PYTHON, &["driver_v1.py", "driver_v2.py"]);
    } else {
        eprintln!("not tried: this machine had no Python 2.7 or 3.6 to 3.9 at `cargo xtask setup`");
    }
}

#[test]
fn every_method_of_version_1_in_python_copr_1_109_works() {
    drive(&LAST_WITH_V1, &["driver_v1.py"]);
}

#[test]
fn every_method_of_version_2_in_python_copr_1_112_works() {
    drive(&LAST_WITH_V2, &["driver_v2.py"]);
}
