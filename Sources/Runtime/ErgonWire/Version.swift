/// What this build calls itself.
package let ergonVersion = "0.1.0"
