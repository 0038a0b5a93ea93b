//! Hands over to the command line.

fn main() -> std::process::ExitCode {
    frontdesk::cli::main()
}
